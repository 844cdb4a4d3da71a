"""Times: text that sorts, in UTC, to the millisecond."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions import clock

MOMENTS = st.datetimes(timezones=st.just(UTC))


def test_a_time_is_written_in_utc_with_milliseconds_and_a_z() -> None:
    moment = datetime(2026, 11, 22, 15, 32, 0, 123_999, tzinfo=timezone(timedelta(hours=1)))
    assert clock.iso(moment) == "2026-11-22T14:32:00.123Z"


@given(MOMENTS, MOMENTS)
def test_times_of_every_year_sort_as_text(one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert clock.iso(earlier) <= clock.iso(later)


@given(MOMENTS)
def test_what_was_written_is_read_as_the_same_millisecond(moment: datetime) -> None:
    assert clock.parse(clock.iso(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its zone"):
        clock.parse("2026-11-22T14:32:00")


def test_now_is_now() -> None:
    assert abs(datetime.now(UTC) - clock.parse(clock.now_iso())) < timedelta(seconds=1)


def test_the_time_between_two_times_is_in_milliseconds() -> None:
    assert clock.ms_between("2026-11-22T14:00:00.999Z", "2026-11-22T14:00:02.000Z") == 1001


def test_where_clocks_differ_no_time_is_negative() -> None:
    assert clock.ms_between("2026-11-22T14:00:01.000Z", "2026-11-22T14:00:00.000Z") == 0


def test_milliseconds_are_added_over_the_end_of_a_year() -> None:
    assert clock.add_ms("2026-12-31T23:59:59.999Z", 1) == "2027-01-01T00:00:00.000Z"
