"""The root of the errors that a person can do something about: where, what, what to do. Each edge has its own below it."""


class TrailhouseError(Exception):
    """Ends a command with its message and exit code 1; anything else is a bug and shows its traceback."""
