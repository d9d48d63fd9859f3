"""The one exception of the simulator."""


class SimulationError(Exception):
    """A simulation cannot be made or written. The message says where, what, and what to do."""
