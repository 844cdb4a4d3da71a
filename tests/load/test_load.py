"""The load of `make bench ARGS=load`, small: workflows, clients, streams and checks, so that none of it rots."""

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.load import pages
from benchmarks.load.checks import judge
from benchmarks.load.mix import MIX, in_order
from benchmarks.load.run import Outcome, Plan, run
from benchmarks.sections import section
from benchmarks.servers import ROOT

PLAN = Plan(runs=300, clients=10, executions_followed=10, streams_each=2, pause_ms=200, warm_up=120, seconds=60)

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the samples are read from Linux's /proc")


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run(PLAN)


def test_nothing_is_lost_doubled_or_left_behind(outcome: Outcome) -> None:
    assert [target.text for target in judge(outcome) if not target.met] == []


def test_every_kind_of_workflow_was_run(outcome: Outcome) -> None:
    assert {each.kind for each in outcome.harvest.runs} == {kind.name for kind in MIX}


def test_a_lost_execution_would_be_seen(outcome: Outcome) -> None:
    lost = outcome.harvest.runs[0].id
    outcome.standing.executions[lost], found = None, outcome.standing.executions[lost]
    missed = [target.text for target in judge(outcome) if not target.met]
    outcome.standing.executions[lost] = found
    assert any("1 of them lost" in text for text in missed)


def test_an_effect_done_twice_would_be_seen(outcome: Outcome) -> None:
    token = next(token for token, answers in outcome.calls.items() if answers == [200])
    outcome.calls[token].append(200)
    missed = [target.text for target in judge(outcome) if not target.met]
    outcome.calls[token].pop()
    assert [token in text for text in missed] == [True]


def test_it_is_shown_as_a_picture_and_in_tables(outcome: Outcome) -> None:
    drawn = ElementTree.fromstring(pages.drawing(outcome, f"Python {sys.version_info.major}"))
    texts = ["".join(node.itertext()) for node in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "300 executions by 10 clients, beside 20 streams" in texts
    assert {"p50", "p95", "p99", "a start", "resident"} <= set(texts)
    assert "| a start " in pages.latencies(outcome)
    assert pages.by_fifths(outcome).count("\n") == 1 + pages.FIFTHS
    assert "takes" in pages.weights(outcome)


def test_the_page_has_the_picture_and_a_load_of_ten_thousand() -> None:
    assert "svg" in (ROOT / "docs/load.svg").read_text()[:100]
    assert "10,000 of 10,000 runs came to their end" in section(ROOT / "docs/scaling.md", "load")


def test_a_hundred_runs_have_every_kind_in_its_share() -> None:
    kind_of = in_order()
    hundred = [kind_of(n).name for n in range(100)]
    assert {kind.name: kind.share for kind in MIX} == {name: hundred.count(name) for name in hundred}
