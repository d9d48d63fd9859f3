import pytest

from pipelines.config.durations import parse_duration


@pytest.mark.parametrize(("written", "seconds"), [("90s", 90), ("30m", 1_800), ("24h", 86_400), ("14d", 1_209_600)])
def test_a_number_and_a_unit_are_microseconds(written, seconds):
    assert parse_duration(written) == seconds * 1_000_000


@pytest.mark.parametrize("written", ["", "30", 30, "0m", "-5m", "1.5h", "1w", "30 m", "30M", None, True, "9999d"])
def test_anything_else_is_refused_with_what_is_right(written):
    with pytest.raises(ValueError, match=r"such as 90s, 30m, 24h or 14d|longer than 3660d"):
        parse_duration(written)
