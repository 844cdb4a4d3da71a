"""Limits as token buckets in discrete time, and starts that pass through them one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

STEP = 0.1
"""Seconds of a step."""
HALF_HOUR = 1_800.0
"""In which an on-demand table can come to twice its highest throughput so far."""


@dataclass
class Bucket:
    """`burst` tokens at most, `per_second` of them anew; full at first."""

    burst: float
    per_second: float
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def fill(self, seconds: float) -> None:
        """Adds what comes in so many seconds, for those who come in the same seconds; `spill` follows."""
        self.tokens += self.per_second * seconds

    def spill(self) -> None:
        """Lets go of what was not taken and is more than the bucket holds."""
        self.tokens = min(self.burst, self.tokens)

    def take(self, wanted: float) -> float:
        """As many tokens as there are, at most those that are wanted."""
        taken = min(wanted, self.tokens)
        self.tokens -= taken
        return taken


@dataclass
class Growing(Bucket):
    """An on-demand table: while all of it is used, it comes to twice as much in half an hour, up to a quota."""

    most: float = float("inf")

    def fill(self, seconds: float) -> None:
        if self.tokens <= 1e-9:
            self.per_second = min(self.most, self.per_second * 2 ** (seconds / HALF_HOUR))
            self.burst = self.per_second
        super().fill(seconds)


@dataclass(frozen=True)
class Limit:
    """What limits the rate of starts: each takes `each` units of a bucket.

    `waits` says whether what passes the limit comes later, else it is refused. `most` is for buckets that grow.
    """

    name: str
    burst: float
    per_second: float
    each: float
    waits: bool
    sees: str = ""
    most: float | None = None

    @property
    def starts(self) -> float:
        """The starts a second that it bears for ever, without growing."""
        return self.per_second / self.each if self.each else float("inf")

    @property
    def finally_starts(self) -> float:
        """The same, once it has grown."""
        return (self.most or self.per_second) / self.each if self.each else float("inf")

    def lasts(self, rate: float) -> float:
        """The seconds until a full bucket is empty: burst / (what is taken - what comes)."""
        if rate <= self.starts:
            return float("inf")
        return self.burst / (rate * self.each - self.per_second)

    def bucket(self) -> Bucket:
        if self.most is not None:
            return Growing(self.burst, self.per_second, self.most)
        return Bucket(self.burst, self.per_second)


@dataclass
class Passage:
    """What a limit did to the starts that came to it: since when it held some up, and how many it refused."""

    limit: Limit
    short_at: float | None = None
    refused: float = 0.0
    waiting: float = 0.0
    passed: float = 0.0


def simulate(limits: Sequence[Limit], rate: float, seconds: float, step: float = STEP) -> list[Passage]:
    """Lets `rate` starts a second pass through all limits in their order, for so long."""
    passages = [Passage(limit) for limit in limits]
    buckets = [limit.bucket() for limit in limits]
    steps = round(seconds / step)
    for n in range(steps):
        coming = rate * step
        for passage, bucket in zip(passages, buckets, strict=True):
            bucket.fill(step)
            coming = _pass(passage, bucket, coming, n * step)
            bucket.spill()
    return passages


def _pass(passage: Passage, bucket: Bucket, coming: float, now: float) -> float:
    """How many of those that come, and of those that wait, pass a limit in this step."""
    each = passage.limit.each
    wanted = coming + passage.waiting
    passed = wanted if each == 0 else bucket.take(wanted * each) / each
    held = wanted - passed
    if held > 1e-9 and passage.short_at is None:
        passage.short_at = now
    if passage.limit.waits:
        passage.waiting = held
    else:
        passage.refused += held
    passage.passed += passed
    return passed


def bearable(limits: Sequence[Limit], seconds: float = 600.0) -> float:
    """The highest rate, to 1 %, of which nothing is held up for so long, by trial: bursts count while they last."""
    low, high = 0.0, max(limit.finally_starts for limit in limits if limit.each) + 1
    while high - low > 0.01 * high:
        middle = (low + high) / 2
        held = any(p.short_at is not None for p in simulate(limits, middle, seconds, step=5.0))
        low, high = (low, middle) if held else (middle, high)
    return low
