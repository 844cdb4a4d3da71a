"""docs/security.md says nothing of a test that is not there."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "security.md"

_NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_ROW = re.compile(r"^\| (?!Threat|---)(?P<threat>[^|]+) \| (?P<answer>[^|]+) \| (?P<proof>[^|]+) \|$", re.MULTILINE)


def named() -> list[tuple[str, str]]:
    return sorted(set(_NAMED.findall(DOCUMENT.read_text())))


@lru_cache
def functions_of(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("path", "test"), named())
def test_every_test_that_it_names_exists(path: str, test: str) -> None:
    assert (ROOT / path).is_file()
    assert not test or test in functions_of(ROOT / path)


def test_every_threat_has_an_answer_and_all_but_three_a_test() -> None:
    rows = [match.groupdict() for match in _ROW.finditer(DOCUMENT.read_text())]
    assert len(rows) > 50
    unproven = [row["threat"] for row in rows if not _NAMED.search(row["proof"])]
    assert unproven == [
        "Somebody floods the gateway without a key",
        "A known weakness in a pin",
        "A careless line of our own",
    ]


def test_every_file_of_attacks_is_named() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "attacks").glob("test_*.py")}
    assert files - {path for path, _ in named()} == set()
