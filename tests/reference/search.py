"""The search for a case that does not agree: draws cases by a seed, runs each everywhere, and keeps the smallest."""

import itertools
import json
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import HypothesisException

from tests.reference.agreement import differences
from tests.reference.drawn import Case, cases
from tests.reference.features import features_of
from tests.reference.possible import Possible
from tests.reference.values import COINS
from tests.reference.world import Outcomes, World

PORTION = 10

SMALLEST = Case(
    {
        "name": "drawn",
        "nodes": [{"id": "n0", "type": "trigger", "config": {}}, {"id": "n1", "type": "echo", "config": {"value": 0}}],
        "connections": [{"from": "n0", "fromPort": "result", "to": "n1"}],
        "variables": {},
    },
    {"coins": [False] * COINS},
    {},
    {},
)
"""What hypothesis begins with, always."""


class Disagreement(Exception):
    """Raised when a case does not come to the same everywhere."""


@dataclass
class Found:
    """What a search came to: how much it saw, and the smallest case that does not agree, with what differs."""

    seed: int
    cases: int = 0
    machines: int = 0
    tally: Counter[str] = field(default_factory=Counter)
    smallest: Case | None = None
    sentences: list[str] = field(default_factory=list)

    def keep(self, case: Case, sentences: list[str]) -> None:
        if self.smallest is None:
            print(
                f"Seed {self.seed} has a case that does not agree. Making it small ...",
                *sentences,
                sep="\n  ",
                flush=True,
            )
        if self.smallest is None or size_of(case) <= size_of(self.smallest):
            self.smallest, self.sentences = case, sentences

    def report(self) -> str:
        """What does not agree, and how to see it again."""
        assert self.smallest is not None
        lines = [f"Seed {self.seed}: the engines do not come to what the dry run came to.", *self.sentences]
        lines += ["The smallest case:", text_of(self.smallest)]
        again = f"--seed {self.seed} --seeds 1 --cases {self.cases + 1}"
        return "\n".join([*lines, f"Again: make soak ARGS='{again}', or with the case in a file: --case FILE"])


def search(world: World, number: int, count: int) -> Found:
    """Runs `count` cases drawn by the seed `number`; a case that does not agree ends the search, once it is small."""
    found = Found(number)
    portion = itertools.count(number * 100_000)
    while found.cases < count and found.smallest is None:
        _search_portion(world, next(portion), count, found)
    return found


def _search_portion(world: World, number: int, count: int, found: Found) -> None:
    """Runs a few cases: behind ten, hypothesis would go on with copies of parts of those; and it begins with none."""

    @seed(number)
    @settings(
        max_examples=PORTION,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    @given(cases())
    def check(case: Case) -> None:
        if found.smallest is None and (case == SMALLEST or found.cases == count):
            return
        if sentences := compare(world, case, found):
            found.keep(case, sentences)
            raise Disagreement

    try:
        check()
    except (Disagreement, HypothesisException, BaseExceptionGroup):
        # One that depends on who is ahead may not show again, which hypothesis says in errors of its own.
        if found.smallest is None:
            raise


def search_alone(number: int, count: int) -> Found:
    """A search in a world of its own."""
    with World() as world:
        return search(world, number, count)


def compare(world: World, case: Case, found: Found) -> list[str]:
    """In what the runs of a case differ; counts what was seen."""
    try:
        outcomes = world.run(case)
        sentences = differences(case, outcomes)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is a case's own, and to be made small
        return ["It cannot be run:", *traceback.format_exception(error)]
    if found.smallest is None:
        _count(case, outcomes, found)
    return sentences


def _count(case: Case, outcomes: Outcomes, found: Found) -> None:
    reference = outcomes.reference
    failures = Possible.of(case, reference).failures if reference.execution.error else {}
    found.cases += 1
    found.machines += len(outcomes.engines) > 1
    found.tally.update(features_of(case, reference, failures))


def size_of(case: Case) -> int:
    return len(text_of(case))


def text_of(case: Case) -> str:
    """A case as JSON, which `--case` takes."""
    return json.dumps(case.document(), ensure_ascii=False)


def case_of(text: str) -> Case:
    """The case in a text."""
    document: dict[str, Any] = json.loads(text)
    return Case(**document)
