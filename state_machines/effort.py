"""How much work one evaluation may be, so that nothing a client writes or sends can hold a function.

Work is estimated, not timed: in microseconds of a processor of 2026, by whoever does it and before it is done. So the
same workflow comes to the same end on any machine, in the real run and in the dry run. What begins an evaluation (the
fold behind an effect, the templates of one config, the checks of one definition) is `bounded`; what spends inside need
not know by whom. Outside of any it may spend freely.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from state_machines.errors import TooMuchWork
from state_machines.limits import EVALUATION

MOST = EVALUATION.most
"""Microseconds of one evaluation: a function has others to make, and something to record."""

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
Weights = dict[int, tuple[int, Any]]

_REMEMBERED = 32
"""Parts from which on the weight of a list or object is worth remembering."""


class _Effort:
    """What is left of one evaluation's work, and how large the values are that were met on its way."""

    def __init__(self) -> None:
        self.left = float(MOST)
        self.weights: Weights = {}


_current: ContextVar[_Effort | None] = ContextVar("effort", default=None)


@contextmanager
def limited() -> Iterator[None]:
    """What is evaluated inside may take so much work and no more; inside another such it is a part of that."""
    if _current.get() is not None:
        yield
        return
    token = _current.set(_Effort())
    try:
        yield
    finally:
        _current.reset(token)


def bounded(function: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """The function, each call of which is `limited`."""

    @wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        with limited():
            return function(*args, **kwargs)

    return call


def spend(microseconds: float) -> None:
    """Takes so much from what is left. Raises TooMuchWork where that is less."""
    effort = _current.get()
    if effort is not None:
        effort.left -= microseconds
        if effort.left < 0:
            raise TooMuchWork("This is too much to evaluate at once: let it read less, or split it up")


def weight(value: Any) -> int:
    """About the characters of `value` as JSON. A list within a list may be the same one many times over: each is
    weighed once, as long as the evaluation lasts."""
    effort = _current.get()
    return _weighed(value, {} if effort is None else effort.weights)


def _weighed(value: Any, known: Weights) -> int:
    if isinstance(value, str):
        return len(value) + 1
    if not isinstance(value, list | dict):
        return 1
    if id(value) in known:
        return known[id(value)][0]
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    spend(0.1 * len(parts))
    total, is_flat = 1, True
    for part in parts:
        if isinstance(part, str):
            total += len(part) + 1
        elif isinstance(part, list | dict):
            total += _weighed(part, known)
            is_flat = False
        else:
            total += 1
    if not is_flat or len(parts) >= _REMEMBERED:
        # An id is unique only among the living, so the value is kept beside its weight.
        known[id(value)] = total, value
    return total
