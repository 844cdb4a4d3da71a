"""The list of protections is of the code as it is. `make mutate` takes each of them out."""

import ast
from pathlib import Path

import pytest

from tests.faults.conditions import CONDITIONS
from tests.faults.protections import PROTECTIONS
from tests.faults.removal import ROOT, Protection, check_source


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda protection: protection.name)
def test_what_would_be_taken_out_is_there_once(protection: Protection) -> None:
    check_source(protection)
    assert protection.source != protection.replacement
    for test in protection.tests:
        assert (ROOT / test.partition("::")[0]).exists(), test


def test_each_has_a_name_of_its_own() -> None:
    assert len({protection.name for protection in PROTECTIONS}) == len(PROTECTIONS)


def test_every_write_with_a_condition_has_a_protection() -> None:
    protected = [_function_at(p.file, _line_of(p)) for p in CONDITIONS]
    written = [
        _function_at(name, line)
        for path in sorted((ROOT / "functions").rglob("*.py"))
        if (name := path.relative_to(ROOT).as_posix()) != "functions/store/table.py"
        for line in _conditions(path)
    ]
    assert len(written) > 10
    assert set(written) - set(protected) == set()


def _conditions(path: Path) -> list[int]:
    """The lines of the calls that are given a condition: what reads tables by one gives it by its place."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if any(word.arg == "condition" for word in call.keywords)]


def _line_of(protection: Protection) -> int:
    """The last line of its text, since the first may be the end of what is above."""
    text = (ROOT / protection.file).read_text()
    end = text.index(protection.source) + len(protection.source.rstrip())
    return text[:end].count("\n") + 1


def _function_at(name: str, line: int) -> tuple[str, str]:
    functions = [node for node in ast.parse((ROOT / name).read_text()).body if isinstance(node, ast.FunctionDef)]
    return name, next((f.name for f in functions if f.lineno <= line <= (f.end_lineno or 0)), "")
