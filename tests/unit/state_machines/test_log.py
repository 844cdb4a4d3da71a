"""The log's lines are read as they were written."""

import pytest

from state_machines.fold import Result
from state_machines.log import (
    FOLLOWER,
    TIMER,
    Line,
    Start,
    leaders_of,
    ports_of,
    read_line,
    read_lines,
    read_starts,
    write_lines,
    write_start,
    write_timer,
)
from tests.workflows import NOW


def result(node: str, port: str = "result", visit: int = 0) -> Result:
    return Result(node=node, port=port, visit=visit, started_at=NOW, ended_at=NOW)


LOG = [
    *write_lines([result("fetch"), result("check", "true")]),
    write_timer("pause"),
    *write_lines([result("a-b.c_1")]),
]


def test_lines_are_short_and_of_one_kind_each() -> None:
    assert LOG == ["fetch#0", "+check#0>true", "~pause#0", "a-b.c_1#0"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("fetch#0", Line("", "fetch", 0, "result")),
        ("fetch#12>false", Line("", "fetch", 12, "false")),
        ("+a.b-c#0>x.y", Line(FOLLOWER, "a.b-c", 0, "x.y")),
        ("~pause#3", Line(TIMER, "pause", 3, "result")),
        ("-#0", Line("", "-", 0, "result")),
    ],
)
def test_a_line_is_read(text: str, line: Line) -> None:
    assert read_line(text) == line
    assert read_lines([text]) == [line]
    assert line.leader == f"{line.node}#{line.visit}"


def test_each_node_is_found_in_the_step_that_leads_it() -> None:
    assert list(leaders_of(LOG)) == [("fetch", "fetch#0"), ("check", "fetch#0"), ("a-b.c_1", "a-b.c_1#0")]


def test_a_log_tells_by_which_port_each_node_was_left() -> None:
    assert ports_of(LOG) == {"fetch": "result", "check": "true", "pause": "result", "a-b.c_1": "result"}


def test_starts_are_read_as_they_were_written() -> None:
    text = write_start("a.b-1", 2, 3, NOW)
    assert text == f"a.b-1#2#3@{NOW}"
    assert read_starts([text]) == [Start("a.b-1", 2, 3, NOW)]
