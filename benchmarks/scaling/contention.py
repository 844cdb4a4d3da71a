"""Transactions that all want one item: each that comes while another holds it is refused, and tries again by jitter.

As `functions/store/table.py` does it: ten attempts, with pauses of up to 20 ms at first, twice that each time, and of a
second at most. What was refused ten times `functions/action.py` tries anew, after its own longer pauses.
"""

import heapq
import random
from dataclasses import dataclass
from functools import lru_cache
from statistics import mean

from functions.action import PATIENCE, PAUSES

ATTEMPTS = 10
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


@dataclass(frozen=True)
class Contended:
    """What became of the transactions: `given_up` is the share that was refused each time; the others took `seconds` on
    average, and `attempts`."""

    given_up: float
    attempts: float
    seconds: float


def contend(rate: float, hold: float, count: int = 20_000, seed: int = 1) -> Contended:
    """Lets transactions come at random, `rate` a second, each of which holds the item for `hold` seconds."""
    chance = random.Random(seed)
    at, coming = 0.0, []
    for _ in range(count):
        at += chance.expovariate(rate)
        coming.append((at, at, 1))
    heapq.heapify(coming)
    free_at, given_up = 0.0, 0
    took: list[float] = []
    tries: list[int] = []
    while coming:
        now, began, attempt = heapq.heappop(coming)
        if now >= free_at:
            free_at = now + hold
            took.append(free_at - began)
            tries.append(attempt)
            continue
        # The refusal is told as late as the success would be.
        told = now + hold
        if (pause := _pause(attempt, told - began, chance)) is None:
            given_up += 1
        else:
            heapq.heappush(coming, (told + pause, began, attempt + 1))
    return Contended(given_up / count, mean(tries), mean(took))


def _pause(attempt: int, waited: float, chance: random.Random) -> float | None:
    """The seconds until the next attempt, `waited` seconds after the first one began; None where there is no other."""
    anew, again = divmod(attempt, ATTEMPTS)
    if again:
        return chance.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (again - 1)))
    if anew > len(PAUSES) or waited + PAUSES[anew - 1] > PATIENCE:
        return None
    return PAUSES[anew - 1]


@lru_cache
def calm(hold: float) -> int:
    """The highest rate a second at which less than one in a thousand is given up; at 1 / hold none could be added."""
    low, high = 1, max(2, int(1 / hold))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if contend(middle, hold).given_up < 0.001 else (low, middle)
    return low
