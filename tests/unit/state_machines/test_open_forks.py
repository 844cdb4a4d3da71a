"""Forks inside a branch whose own branches do not meet: they lead on to the outer join only where one comes to it."""

import pytest

from tests.workflows import flow_of, graph, run_dry


@pytest.mark.parametrize(
    ("arrows", "join"),
    [
        ("s>c s>b c:true>x c:true>y c:false>j b>j", None),
        ("s>c s>b c:true>x c:true>y c:false>j b>j x>j", "j"),
        ("s>c s>b c:true>x c:true>y c:false>j b>j y>z z>j", "j"),
        ("s>c s>b c:true>j c:true>y b>j", "j"),
    ],
)
def test_an_open_fork_joins_where_one_of_its_branches_does(arrows: str, join: str | None) -> None:
    assert flow_of(graph(arrows, c="condition")).forks["fork 2"].join == join


def test_a_branch_that_dies_in_an_open_fork_lets_the_join_run_after_the_others() -> None:
    definition = graph("s>c s>b c:true>x c:true>y c:false>j b>j", c="condition")
    assert [result.node for result in run_dry(definition, {"c": True}).results] == ["s", "c", "x", "y", "b", "j"]
