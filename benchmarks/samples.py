"""Times of many runs: taken in turns, so that what else the machine does falls on all alike, or by several clients."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles

Run = Callable[[], object]


@dataclass(frozen=True)
class Samples:
    """The seconds that each of several runs took."""

    seconds: Sequence[float]

    @property
    def p50(self) -> float:
        return median(self.seconds)

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20, method="inclusive")[-1] if len(self.seconds) > 1 else self.seconds[0]


@dataclass(frozen=True)
class Load:
    """What several clients had together."""

    samples: Samples
    elapsed: float

    @property
    def per_second(self) -> float:
        return len(self.samples.seconds) / self.elapsed


def in_turns(runs: Sequence[Run], count: int, between: Run = lambda: None) -> list[Samples]:
    """The times of each of `runs`, after some to warm up; `between` is not timed."""
    times: list[list[float]] = [[] for _ in runs]
    for turn in range(count + _warm_up(count)):
        for run, seconds in zip(runs, times, strict=True):
            between()
            took = timed(run)
            if turn >= _warm_up(count):
                seconds.append(took)
    return [Samples(seconds) for seconds in times]


def one_by_one(run: Run, count: int, seconds: float) -> Samples:
    """The times of `count` runs, or of as many as there is time for."""
    until = time.monotonic() + seconds
    times = [timed(run)]
    while len(times) < count and time.monotonic() < until:
        times.append(timed(run))
    return Samples(times)


def by_clients(connect: Callable[[], Run], clients: int, count: int, seconds: float) -> Load:
    """Up to `count` runs by several clients at once, each on a connection of its own, begun within `seconds`."""
    runs = [connect() for _ in range(clients)]
    share = count // clients
    began = time.monotonic()
    with ThreadPoolExecutor(clients, "client") as pool:
        taken = list(pool.map(lambda run: one_by_one(run, share, seconds).seconds, runs))
    return Load(Samples([second for times in taken for second in times]), time.monotonic() - began)


def timed(run: Run) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _warm_up(count: int) -> int:
    return max(3, count // 10)
