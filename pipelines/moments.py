"""Instants as the ledger keeps them: BIGINT microseconds since 1970, UTC. No float is involved on the way."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(micros: int) -> datetime:
    """Microseconds since 1970 as an aware datetime, exactly."""
    return EPOCH + timedelta(microseconds=micros)


def micros(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def now() -> int:
    """The clock, in microseconds. Only edges read it; a query never does."""
    return micros(datetime.now(UTC))
