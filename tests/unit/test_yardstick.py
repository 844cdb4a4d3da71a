import pytest

from tests import yardstick
from tests.yardstick import QUIET, TooLong, computing_less_than


def test_what_computes_for_too_long_fails_on_a_machine_of_any_speed() -> None:
    with pytest.raises(TooLong, match="it computed for"), computing_less_than(QUIET / 10):
        yardstick._work()


def test_what_seems_long_on_a_slow_machine_alone_does_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yardstick, "QUIET", QUIET / 3)
    with computing_less_than(QUIET * 2 / 3):
        yardstick._work()
