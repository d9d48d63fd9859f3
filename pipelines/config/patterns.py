"""Is a text an RE2 pattern? Asked of the engine that will use it."""

from functools import cache


@cache  # opening an engine costs more than all that it is asked
def pattern_mistake(pattern: str | None) -> str | None:
    """What is wrong with it, or None. None is no pattern and nothing wrong."""
    import duckdb

    if pattern is None:
        return None
    with duckdb.connect() as connection:
        try:
            connection.execute("select regexp_matches('', $1)", [pattern])
        except duckdb.Error as error:
            return f"is no RE2 pattern: {str(error).splitlines()[0].rpartition('Error: ')[2]}"
    return None
