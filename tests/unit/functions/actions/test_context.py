import re

import pytest

from functions.actions.plain_text import one_line
from tests.unit.functions.actions.conftest import make_context


def test_the_time_that_remains_runs_down_and_is_never_negative() -> None:
    context = make_context(seconds=5)
    first = context.remaining()
    assert 4 < context.remaining() <= first <= 5
    assert make_context(seconds=-3).remaining() == 0


def test_log_lines_are_kept_in_order_and_apart_from_other_steps() -> None:
    context, other = make_context(), make_context()
    context.log("one")
    context.log("two")
    assert context.logs == ("one", "two")
    assert other.logs == ()


def test_a_step_keeps_at_most_100_lines_of_1000_characters() -> None:
    context = make_context()
    for n in range(150):
        context.log(f"{n} " + "x" * 2_000)
    assert len(context.logs) == 100
    assert {len(line) for line in context.logs} == {1_000}
    assert context.logs[99].startswith("99 ")


def test_whatever_is_logged_becomes_one_line_of_text() -> None:
    context = make_context()
    context.log("a\r\n[2026-11-22T00:00:00Z] INFO forged\x1b[31m\u2028\u202eb\ud800")
    context.log(5)  # type: ignore[arg-type]
    assert context.logs == ("a  [2026-11-22T00:00:00Z] INFO forged [31m  b ", "5")


@pytest.mark.parametrize("text", ["plain", "Grüße, 世界 – 👩‍👩‍👧", "می‌خواهم"])
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert one_line(text, 100) == text


def test_a_derived_id_is_the_same_for_each_attempt_and_differs_by_token_and_prefix() -> None:
    first = make_context(attempt=0).derived_id("note")
    assert re.fullmatch(r"note_[0-9a-f]{32}", first)
    assert make_context(attempt=3).derived_id("note") == first
    assert make_context(idempotency_token="x:y:1").derived_id("note") != first
    assert make_context().derived_id("task")[5:] != first[5:]


def test_a_context_does_not_show_the_values_of_secrets() -> None:
    context = make_context()
    assert context.secret("token") == "s3cret"
    assert "s3cret" not in repr(context)
