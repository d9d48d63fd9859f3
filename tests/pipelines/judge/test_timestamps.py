"""Times: every layout one by one, and the usual ones, which are compiled, against them."""

from datetime import UTC, datetime, timedelta

import numba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.config.sources import Time
from pipelines.envelope import RecordRefused
from pipelines.judge.timestamps import CUT, GAP, LEAP, OVERLAP, time_reader
from pipelines.kernels.memory import padded
from pipelines.kernels.moments import UNREAD, moment
from pipelines.moments import micros

RFC3339 = time_reader(Time())
LONDON = time_reader(Time(format="%Y-%m-%d %H:%M:%S", zone="Europe/London"))
NOON = micros(datetime(2026, 3, 1, 12, tzinfo=UTC))


def at(text: str) -> int:
    return micros(datetime.fromisoformat(text))


LOCAL = [
    ("2010-12-01 08:26:00", "2010-12-01T08:26:00+00:00", ()),
    ("2011-05-29 10:40:00", "2011-05-29T10:40:00+01:00", ()),
    ("2026-10-25 01:30:00", "2026-10-25T01:30:00+01:00", (OVERLAP,)),
    ("2026-03-29 01:30:00", "2026-03-29T01:30:00+00:00", (GAP,)),
    ("2026-03-29 00:59:59", "2026-03-29T00:59:59+00:00", ()),
    ("2026-03-29 02:00:00", "2026-03-29T02:00:00+01:00", ()),
    ("2026-10-25 02:00:00", "2026-10-25T02:00:00+00:00", ()),
    ("2016-12-31 23:59:60", "2017-01-01T00:00:00+00:00", (LEAP,)),
]


@pytest.mark.parametrize(("text", "moment", "notes"), LOCAL)
def test_local_times_of_a_declared_zone(text, moment, notes):
    assert LONDON(text) == (at(moment), notes)
    assert time_reader(Time(zone="Europe/London"))(text.replace(" ", "T")) == (at(moment), notes)


def test_an_offset_counts_more_than_the_declared_zone():
    assert time_reader(Time(zone="Europe/London"))("2026-07-01T12:00:00Z") == (at("2026-07-01T12:00:00+00:00"), ())


OTHERS = [
    ("epoch_seconds", 1_772_366_400, NOON, ()),
    ("epoch_seconds", "1772366400.25", NOON + 250_000, ()),
    ("epoch_seconds", 1_772_366_400.5, NOON + 500_000, ()),
    ("epoch_seconds", "1772366400.12345678", NOON + 123_456, (CUT,)),
    ("epoch_millis", 1_772_366_400_001, NOON + 1_000, ()),
    ("epoch_micros", "1772366400000001", NOON + 1, ()),
    ("%d.%m.%Y %H:%M %z", "01.03.2026 13:00 +0100", NOON, ()),
    ("%Y-%m-%dT%H:%M:%S.%f%z", "2026-03-01T12:00:00.123456789Z", NOON + 123_456, (CUT,)),
]


@pytest.mark.parametrize(("form", "value", "moment", "notes"), OTHERS)
def test_declared_formats(form, value, moment, notes):
    assert time_reader(Time(format=form))(value) == (moment, notes)


REFUSED = [
    (Time(format="epoch_seconds"), "soon", "bad_timestamp"),
    (Time(format="epoch_seconds"), 1_772_366_400_000_000, "bad_timestamp"),
    (Time(format="epoch_seconds"), -1, "bad_timestamp"),
    (Time(format="epoch_seconds"), "1e9", "bad_timestamp"),
    (Time(format="epoch_millis"), 2**63, "number_out_of_range"),
    (Time(format="epoch_millis"), True, "bad_type"),
    (Time(format="epoch_millis"), [], "bad_type"),
    (Time(format="%Y-%m-%d", zone="UTC"), "2026-02-30", "bad_timestamp"),
    (Time(format="%Y-%m-%d", zone="UTC"), "２０２６-03-01", "bad_timestamp"),
    (Time(format="%Y-%m-%d", zone="UTC"), "2026-03-01 ", "bad_timestamp"),
    (Time(format="%Y-%m-%d %H:%M:%S", zone="UTC"), "2026-03-01 00:00:61", "bad_timestamp"),
    (Time(), "0001-01-01T00:00:00+10:00", "bad_timestamp"),
    (Time(), "9999-12-31T23:59:59-10:00", "bad_timestamp"),
    (Time(), "2026-03-01T12:00:00.Z", "bad_timestamp"),
    (Time(), "2026-03-01T12:00:00Z\n", "bad_timestamp"),
    (Time(), {}, "bad_type"),
]


@pytest.mark.parametrize(("time", "value", "reason"), REFUSED)
def test_what_is_no_time(time, value, reason):
    with pytest.raises(RecordRefused) as refused:
        time_reader(time)(value)
    assert refused.value.reason == reason


def one_by_one(text: str) -> tuple[int, tuple] | None:
    try:
        return RFC3339(text)
    except RecordRefused:
        return None


@numba.njit
def compiled(at: int, size: int) -> int:
    return moment(at, size)


def quickly(text: str) -> int:
    raw = text.encode(errors="surrogatepass")
    memory = padded(raw)
    return compiled(memory.ctypes.data, len(raw))


zones = st.sampled_from(["Z", "+00:00", "-00:00", "+05:30", "-08:00", "+23:59"])
good = st.builds(
    lambda moment, layout, zone: moment.isoformat(timespec=layout) + zone,
    st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31)),  # noqa: DTZ001 - the zone is added as text
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
    zones,
)
near = st.from_regex(
    r"(\d{4}|0001|9999)-[01]\d-[0-3]\d[Tt ][0-2]\d:[0-6]\d:[0-6]\d(\.\d{1,8})?([Zz]|[+-][0-2]\d[:.][0-6]\d)?",
    fullmatch=True,
)
broken = st.builds(lambda text, at, new: text[:at] + new + text[at + 1 :], good, st.integers(0, 26), st.characters())


@settings(max_examples=1000, deadline=None)
@given(near | broken)
def test_what_is_read_quickly_is_read_right(text):
    if (found := quickly(text)) != UNREAD:
        assert one_by_one(text) == (found, ())


@settings(max_examples=300, deadline=None)
@given(good)
def test_usual_layouts_are_read_quickly(text):
    assert quickly(text) == at(text)


def test_every_day_of_four_hundred_years():
    days = [datetime(1900, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(146_097)]
    raws = [day.strftime("%Y-%m-%dT00:00:00Z").encode() for day in days]
    memory = padded(b"".join(raws))
    moments = [compiled(memory.ctypes.data + 20 * n, 20) for n in range(len(days))]
    assert moments == [micros(day) for day in days]
