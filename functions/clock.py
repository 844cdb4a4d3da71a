"""Times: UTC, ISO 8601 with milliseconds and `Z`, so that they sort as text."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def iso(moment: datetime) -> str:
    """`2026-11-22T14:32:00.123Z`"""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def now_iso() -> str:
    """The time as text."""
    return iso(now())


def parse(text: str) -> datetime:
    """The moment that `iso` wrote, or any ISO 8601 time with a zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone, such as Z")
    return moment.astimezone(UTC)


def ms_between(earlier: str, later: str) -> int:
    """Whole milliseconds from one time to a later one; never less than 0, since clocks differ."""
    return max(0, round((parse(later) - parse(earlier)) / timedelta(milliseconds=1)))


def add_ms(moment: str, milliseconds: int) -> str:
    """The time `milliseconds` after `moment`."""
    return iso(parse(moment) + timedelta(milliseconds=milliseconds))
