"""The list of mutants that may survive is well written, and the figures of a mutation run are counted right."""

import json
import re
from pathlib import Path

import pytest

from tests.mutation import (
    KILLED,
    OWN,
    REASONS,
    SURVIVED,
    UNDRAWN,
    UNTRIED,
    Mutant,
    draw,
    faults_of,
    read_mutants,
    read_reasons,
    share,
    table,
    within,
)

ROOT = Path(__file__).parents[2]


def test_every_reason_is_a_sentence_about_functions_that_exist() -> None:
    reasons = read_reasons(REASONS.read_text())
    assert reasons
    for reason in reasons:
        assert len(reason.why) > 20
        module = reason.where.split("*")[0].rstrip(".")
        parts = module.split(".") if module else []
        places = [ROOT.joinpath(*parts[:n]) for n in range(len(parts) + 1)]
        files = [place.with_suffix(".py") for place in places if place.with_suffix(".py").is_file()]
        assert "*" in reason.where or files, f"{reason.where} is no function"
        for file in files:
            name = parts[-1]
            assert file.stem == name or re.search(rf"(def|class) {name}\b", file.read_text()), reason.where


def test_the_tests_that_are_a_modules_own_are_there() -> None:
    files = {path.name for path in ROOT.joinpath("tests").rglob("test_*.py")}
    for module, names in OWN.items():
        assert ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file(), module
        assert set(names) <= files


@pytest.fixture
def mutants(tmp_path: Path) -> Path:
    """What mutmut leaves behind of one function, with five mutants."""
    source = tmp_path / "functions" / "lists.py"
    source.parent.mkdir()
    names = [f"xǁListǁcount__mutmut_{n}" for n in ("orig", 1, 2, 3, 4, 5)]
    bodies = ['say("a b", 1)', 'say("XXa bXX", 1)', 'say("A B", 1)', 'say("a b", 2)', 'say("a b", )', 'say("c d", 1)']
    lines = [line for name, body in zip(names, bodies, strict=True) for line in (f"def {name}():", f"    {body}")]
    source.write_text("\n".join(lines))
    spans = {name: [2 * i + 1, 2 * i + 2] for i, name in enumerate(names)}
    source.with_name("lists.py.spans").write_text(json.dumps({"spans": spans}))
    codes = dict(zip((f"functions.lists.{name}" for name in names[1:]), (0, 33, 0, 1, None), strict=True))
    source.with_name("lists.py.meta").write_text(json.dumps({"exit_code_by_key": codes}))
    return tmp_path


def test_a_mutant_is_told_by_its_function_and_its_change(mutants: Path) -> None:
    first, *_ = read_mutants(mutants)
    assert (first.function, first.outcome) == ("functions.lists.List.count", SURVIVED)
    assert first.change == 'say("a b", 1) → say("XXa bXX", 1)'


def test_only_another_spelling_of_a_sentence_is_wording(mutants: Path) -> None:
    assert [mutant.is_of_wording for mutant in read_mutants(mutants)] == [True, True, False, False, False]


def test_what_was_not_tried_counts_neither_way(mutants: Path) -> None:
    found = read_mutants(mutants)
    assert [mutant.outcome for mutant in found].count(KILLED) == 1
    assert share(found) == 25.0
    assert "| functions/lists | 5 | 4 | 1 | 0 | 3 | 25.0 |" in table(found).splitlines()


def test_a_sample_is_drawn_from_all_and_a_larger_one_has_all_of_a_smaller(mutants: Path) -> None:
    meta = mutants / "functions/lists.py.meta"
    names = list(json.loads(meta.read_text())["exit_code_by_key"])

    def drawn(number: int | None) -> set[str]:
        meta.write_text(json.dumps({"exit_code_by_key": dict.fromkeys(names)}))
        draw(number, mutants)
        found = read_mutants(mutants)
        assert {mutant.outcome for mutant in found} <= {UNTRIED, UNDRAWN}
        return {mutant.name for mutant in found if mutant.outcome == UNTRIED}

    assert [len(drawn(number)) for number in (1, 3, 9)] == [1, 3, 5]
    assert drawn(1) < drawn(3) < drawn(None) == set(names)


def test_what_was_tried_stands_whatever_is_drawn_then(mutants: Path) -> None:
    before = [mutant.outcome for mutant in read_mutants(mutants)]
    draw(0, mutants)
    assert [mutant.outcome for mutant in read_mutants(mutants)] == [*before[:4], UNDRAWN]
    assert share(read_mutants(mutants)) == 25.0
    draw(None, mutants)
    assert [mutant.outcome for mutant in read_mutants(mutants)] == before


def test_only_what_is_in_the_sample_counts(mutants: Path) -> None:
    found = read_mutants(mutants)
    counted = [mutant for mutant in within(found, 2) if mutant.outcome != UNDRAWN]
    assert len(counted) == 2
    assert set(counted) <= set(found)
    assert within(found, None) == found


def test_a_run_is_good_where_all_were_tried_enough_were_killed_and_the_rest_has_a_reason(mutants: Path) -> None:
    group = '[[survivors]]\nwhy = "Only the wording"\nwording = true\nwhere."functions.lists.*" = ""\n'
    faults = list(faults_of(read_mutants(mutants), read_reasons(group)))
    assert [fault.partition(":")[0] for fault in faults] == [
        "1 mutants were never tried",
        "25.0 % of the mutants of functions were killed, and 85.0 % must be",
        "0.0 % of the mutants of state_machines were killed, and 85.0 % must be",
        "it survived without a reason",
    ]
    good = [Mutant(f"{package}.m.x_f__mutmut_1", mutants, KILLED) for package in ("functions", "state_machines")]
    assert list(faults_of(good, [])) == []
