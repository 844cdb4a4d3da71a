"""What folds leave in a record, byte by byte."""

import pytest

from state_machines.folding import TIMER_TEXTS, Bound, Folds, timer_size
from state_machines.runs import Record, Walk
from state_machines.translate import translate
from tests.workflows import FUNCTION, flow_of, graph

BOUNDS: tuple[Bound, ...] = ("least", "most")


def bytes_of(*lines: str) -> int:
    """Of lines in a log, each with the byte that DynamoDB adds to it."""
    return sum(len(line) + 1 for line in lines)


def test_behind_a_fork_of_decisions_the_join_is_counted_where_it_may_be_come_to() -> None:
    flow = flow_of(graph("s>c s>d c:true>j d:true>j", c="condition", d="condition", j="set_variables"))
    least, most = (Folds(flow, bound).behind("s").lines for bound in BOUNDS)
    assert least == bytes_of("s#0", "+c#0>true", "+d#0>true")
    assert most == bytes_of("s#0", "+c#0>false", "+d#0>false", "+j#0")


def test_a_join_that_is_surely_come_to_is_counted_at_the_least_too() -> None:
    flow = flow_of(graph("s>c s>d c>j d>j", c="set_variables", d="set_variables", j="set_variables"))
    for bound in BOUNDS:
        assert Folds(flow, bound).behind("s").lines == bytes_of("s#0", "+c#0", "+d#0", "+j#0")


def test_what_a_join_decides_is_in_the_record_of_the_run() -> None:
    """The Task behind a fork folds from the join on: it has no effect of its own to record."""
    flow = flow_of(graph("s>a s>b a>c b>c", c="condition"))
    machine = translate(flow, FUNCTION) or {}
    starts = [f"{node}#0#0@2026-11-22T14:32:00.123Z" for node in "sab"]
    for bound, decided in zip(BOUNDS, ("c#0>true", "c#0>false"), strict=True):
        found = Walk(flow, machine, bound, Record(head=100)).run().head
        assert found == 100 + bytes_of("s#0", "a#0", "b#0", decided, *starts)


@pytest.mark.parametrize(("on_error", "texts"), [("stop", 0), ("continue", TIMER_TEXTS)])
def test_a_wait_that_may_fail_and_go_on_keeps_the_reason_with_its_timer(on_error: str, texts: int) -> None:
    duration = {"type": "wait", "config": {"durationMs": "{{ trigger.ms }}"}, "onError": on_error}
    node = flow_of(graph("s>w", w=duration)).nodes["w"]
    least, most = (timer_size(node, bound) for bound in BOUNDS)
    assert (most > TIMER_TEXTS) == bool(texts)
    assert least < 100
