"""Waits whose end nobody was there to note."""

from datetime import timedelta

import pytest

from functions import clock, timers
from state_machines.fold import Timer
from tests.unit.functions.samples import AT, chain, flow_of, graph, make_execution, result, task, wait, with_log

ROW = flow_of(chain(task("a"), wait("one", 1500), wait("two", 1900), task("b"), wait("last", 1000)))


def test_the_waits_that_the_run_has_gone_behind_have_ended_in_their_order() -> None:
    execution = with_log(make_execution(), "a#0", timers={"one": Timer(started_at=AT, ms=1500)})
    ended, due = timers.ended_waits(ROW, execution, ["two", "one"])
    assert ended == ["one", "two"]
    assert due


def test_a_wait_that_the_run_has_not_come_to_has_not_ended() -> None:
    assert timers.ended_waits(ROW, make_execution(), ["one", "two"]) == ([], None)


def test_a_wait_that_is_in_the_log_does_not_end_again() -> None:
    assert timers.ended_waits(ROW, with_log(make_execution(), "a#0", "~one#0", "~two#0"), ["one", "two"]) == ([], None)


def test_what_a_wait_state_left_of_the_time_is_still_to_come() -> None:
    """`two` was counted as one second, and no function stood before it."""
    before = clock.now_iso()
    timer = timers.timer_ending(ROW, "two")
    assert timer.ms == 1900
    assert 900 <= clock.ms_between(before, timers.due_of(timer)) < 1000


def test_a_wait_that_was_rounded_up_is_over() -> None:
    timer = timers.timer_ending(ROW, "one")
    assert clock.parse(timers.due_of(timer)) <= clock.now() + timedelta(milliseconds=1)


def test_a_wait_begins_when_the_last_before_it_ended_unless_its_timer_says() -> None:
    flow = flow_of(graph([task("a"), task("b"), wait("c", 1500)], "begin>a", "begin>b", "a>c", "b>c"))
    results = {node: result(node, ended_at=f"2026-11-22T14:00:0{n}.000Z") for node, n in (("b", 3), ("a", 2))}
    assert timers.timer_of(flow, make_execution(), "c", results).started_at == "2026-11-22T14:00:03.000Z"
    assert timers.wait_result(flow, make_execution(), "c", results).ended_at == "2026-11-22T14:00:04.500Z"
    set_timer = Timer(started_at=AT, ms=7)
    assert timers.timer_of(flow, make_execution(timers={"c": set_timer}), "c", results) == set_timer


@pytest.mark.parametrize(("ms", "is_timer"), [(999, False), (1000, True)])
def test_only_what_is_a_wait_state_is_a_timer(ms: int, is_timer: bool) -> None:
    assert timers.waits_in(flow_of(chain(wait("w", ms), task("a")))) == (["w"] if is_timer else [])
