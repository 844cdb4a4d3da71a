"""What `make mutate` came to: `python -m tests.mutation` reads what mutmut has left in `mutants/`.

It prints a table, and fails where too few mutants were killed, where one survived without a reason, or where some were
never tried. The reasons are in `mutation_survivors.toml`. `--write` also writes the figures into docs/mutation.md, and
every survivor with its reason into docs/mutation-survivors.txt. Before a run, `--prepare` takes away the copies that
mutmut would not make anew, and `--again` forgets what survived and which tests call what, so that it is tried again.

Where SAMPLE is in the environment, only so many mutants are tried: drawn by their names, so that they are the same ones
each time, and a larger sample has all of a smaller one.
"""

import difflib
import hashlib
import json
import os
import re
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MUTANTS = ROOT / "mutants"
REASONS = Path(__file__).with_name("mutation_survivors.toml")
PAGE = ROOT / "docs" / "mutation.md"
LISTING = ROOT / "docs" / "mutation-survivors.txt"
PACKAGES = ("functions", "state_machines")
OWN = {
    "functions.action": ("test_tasks.py", "test_flows.py", "test_outages.py"),
    "functions.cancel": ("test_endings.py",),
    "functions.endings": ("test_endings.py",),
    "functions.finished": ("test_stream.py",),
    "functions.lifecycle": ("test_repairs.py",),
    "functions.listings": ("test_lists.py",),
    "functions.routes.access": ("test_trail.py", "test_inbox_routes.py"),
    "functions.routes.v1": ("test_answers.py", "test_trail.py"),
    "functions.routes.v1_models": ("test_models.py", "test_answers.py"),
    "functions.routes.workspaces": ("test_answers.py", "test_trail.py", "test_inbox_routes.py"),
    "functions.routes.workspaces_models": ("test_models.py", "test_answers.py", "test_inbox_routes.py"),
    "functions.store.listing": ("test_lists.py",),
    "functions.watch": ("test_stream.py",),
}
"""The tests of modules that have no unit tests of their name, or not only those."""
LEAST = 85.0
"""Percent of the mutants of each package that some test must fail for."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"' r"|'(?:[^'\\]|\\.)*'")

KILLED, TIMED_OUT, SURVIVED, UNTRIED, UNDRAWN = "killed", "timed out", "survived", "untried", "not drawn"
_PASSED_OVER = 34
"""mutmut's code for a mutant that was not to be tried."""

# mutmut's exit codes: pytest's, those it gives itself, and signals. A mutant that no test reaches has survived, too.
_OUTCOMES = {
    **dict.fromkeys((1, 3), KILLED),
    **dict.fromkeys((24, 36, 152, 255, -24, -9), TIMED_OUT),
    **dict.fromkeys((0, 5, 33), SURVIVED),
    _PASSED_OVER: UNDRAWN,
}


@dataclass(frozen=True)
class Mutant:
    """One mutant, as mutmut names it, and how it ended."""

    name: str
    source: Path
    outcome: str

    @property
    def function(self) -> str:
        """The mutated function as one writes it: `functions.api.handler`, `functions.stream.Stream.stop`."""
        module, _, name = self.name.rpartition(".")
        name = name.partition("__mutmut_")[0].removeprefix("x").removeprefix("_").strip("ǁ").replace("ǁ", ".")
        return f"{module}.{name}"

    @cached_property
    def change(self) -> str:
        """The lines as they were and as they are, as ` → ` between them."""
        name = self.name.rpartition(".")[2]
        before = _lines_of(self.source, name.partition("__mutmut_")[0] + "__mutmut_orig")
        after = _lines_of(self.source, name)
        old: list[str] = []
        new: list[str] = []
        for line in difflib.ndiff(before, after):
            if line.startswith(("- ", "+ ")):
                (old if line.startswith("-") else new).append(line[2:].strip())
        return f"{' '.join(old)} → {' '.join(new)}"

    @property
    def is_of_wording(self) -> bool:
        """Whether only a sentence is written in another way: tests ask for its meaning, not for its letters."""
        before, _, after = self.change.partition(" → ")
        old, new = _STRING.findall(before), _STRING.findall(after)
        differing = [(a, b) for a, b in zip(old, new, strict=False) if a != b]
        return (
            len(old) == len(new)
            and _STRING.sub("", before) == _STRING.sub("", after)
            and all(" " in a and a.casefold() == b.replace("XX", "").casefold() for a, b in differing)
        )


@dataclass(frozen=True)
class Reason:
    """Why some mutants survive: those of the functions that `where` matches whose change `change` is found in.

    Where `wording` is set it holds only for those that change nothing but the wording of a sentence.
    """

    why: str
    where: str
    change: re.Pattern[str]
    wording: bool = False

    def holds_for(self, mutant: Mutant) -> bool:
        return (
            fnmatchcase(mutant.function, self.where)
            and self.change.search(mutant.change) is not None
            and (mutant.is_of_wording or not self.wording)
        )


def read_reasons(text: str) -> list[Reason]:
    """The reasons, in order. Raises KeyError, TypeError or re.error where one is not well written."""
    return [
        Reason(group["why"], where, re.compile(change), group.get("wording", False))
        for group in tomllib.loads(text)["survivors"]
        for where, changes in group["where"].items()
        for change in ([changes] if isinstance(changes, str) else changes)
    ]


def read_mutants(folder: Path = MUTANTS) -> list[Mutant]:
    """Every mutant that mutmut made, in the order of the files."""
    return [
        Mutant(name, meta.with_suffix(""), UNTRIED if code is None else _OUTCOMES.get(code, SURVIVED))
        for meta in sorted(folder.rglob("*.meta"))
        for name, code in json.loads(meta.read_text())["exit_code_by_key"].items()
    ]


def draw(number: int | None, folder: Path = MUTANTS) -> None:
    """Sees to it that of the mutants which were never tried only the first `number` of all are, or all of them."""
    kept = {meta: json.loads(meta.read_text()) for meta in folder.rglob("*.meta")}
    names = sorted((name for each in kept.values() for name in each["exit_code_by_key"]), key=_lot)
    drawn = set(names[:number])
    for meta, each in kept.items():
        codes = each["exit_code_by_key"]
        each["exit_code_by_key"] = {
            name: (None if name in drawn else _PASSED_OVER) if code in (None, _PASSED_OVER) else code
            for name, code in codes.items()
        }
        if each["exit_code_by_key"] != codes:
            meta.write_text(json.dumps(each, indent=4))


def within(mutants: list[Mutant], number: int | None) -> list[Mutant]:
    """The mutants, of which only the first `number` by lot count: runs before may have tried others, the quick ones."""
    drawn = set(sorted((mutant.name for mutant in mutants), key=_lot)[:number])
    return [mutant if mutant.name in drawn else replace(mutant, outcome=UNDRAWN) for mutant in mutants]


def sample_size() -> int | None:
    """SAMPLE of the environment: how many mutants are tried, if not all."""
    return int(os.environ["SAMPLE"]) if os.environ.get("SAMPLE") else None


def _lot(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def reason_for(mutant: Mutant, reasons: Iterable[Reason]) -> Reason | None:
    return next((reason for reason in reasons if reason.holds_for(mutant)), None)


def share(mutants: Iterable[Mutant]) -> float:
    """Percent of the mutants that were tried for which a test failed, or came to no end."""
    outcomes = Counter(mutant.outcome for mutant in mutants)
    tried = outcomes.total() - outcomes[UNTRIED] - outcomes[UNDRAWN]
    return 100 * (outcomes[KILLED] + outcomes[TIMED_OUT]) / tried if tried else 0.0


def rows(mutants: list[Mutant]) -> Iterator[tuple[str, list[Mutant]]]:
    """What the table has: everything, each package, each module."""
    yield "all", mutants
    of_package: dict[str, list[Mutant]] = {}
    of_module: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        module = mutant.name.rpartition(".")[0].replace(".", "/")
        of_package.setdefault(module.partition("/")[0], []).append(mutant)
        of_module.setdefault(module, []).append(mutant)
    yield from sorted(of_package.items())
    yield from sorted(of_module.items())


def table(mutants: list[Mutant]) -> str:
    lines = ["| | mutants | tried | killed | timed out | survived | % |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name, those in rows(mutants):
        outcomes = Counter(mutant.outcome for mutant in those)
        tried = len(those) - outcomes[UNTRIED] - outcomes[UNDRAWN]
        counts = [len(those), tried, *(outcomes[outcome] for outcome in (KILLED, TIMED_OUT, SURVIVED))]
        lines.append(f"| {name} | {' | '.join(map(str, counts))} | {share(those):.1f} |")
    return "\n".join(lines)


def listing(survivors: list[Mutant], reasons: list[Reason]) -> str:
    """Every survivor below its reason."""
    of_reason: dict[str, list[str]] = {}
    for mutant in survivors:
        reason = reason_for(mutant, reasons)
        of_reason.setdefault(reason.why if reason else "WITHOUT A REASON", []).append(
            f"  {mutant.function}: {mutant.change}"
        )
    return "\n".join(
        f"{why} ({len(lines)})\n\n" + "\n".join(sorted(lines)) + "\n" for why, lines in sorted(of_reason.items())
    )


def faults_of(mutants: list[Mutant], reasons: list[Reason]) -> Iterator[str]:
    """Why the run is not good enough."""
    untried = sum(mutant.outcome == UNTRIED for mutant in mutants)
    if untried:
        yield f"{untried} mutants were never tried: run make mutate again, it goes on where it was"
    for package in PACKAGES:
        found = share(mutant for mutant in mutants if mutant.name.startswith(f"{package}."))
        if found < LEAST:
            yield f"{found:.1f} % of the mutants of {package} were killed, and {LEAST} % must be"
    for mutant in mutants:
        if mutant.outcome == SURVIVED and reason_for(mutant, reasons) is None:
            yield f"it survived without a reason: {mutant.function}: {mutant.change}"


def forget_survivors(folder: Path = MUTANTS) -> None:
    """The next run tries them again, and finds out anew which tests call what."""
    for meta in folder.rglob("*.meta"):
        kept: dict[str, Any] = json.loads(meta.read_text())
        codes = kept["exit_code_by_key"]
        kept["exit_code_by_key"] = {
            name: code if _OUTCOMES.get(code) == KILLED else None for name, code in codes.items()
        }
        meta.write_text(json.dumps(kept, indent=4))
    for name in ("mutmut-stats.json", "at-import.json"):
        (folder / name).unlink(missing_ok=True)


def forget_copies(folder: Path = MUTANTS) -> None:
    """mutmut copies a file that is no Python only once, and never takes away a test."""
    if (folder / "tests").is_dir():
        shutil.rmtree(folder / "tests")
    for package in PACKAGES:
        for path in (folder / package).rglob("*"):
            if path.is_file() and path.suffix not in (".py", ".meta", ".spans", ".pyc"):
                path.unlink()


def write(mutants: list[Mutant], reasons: list[Reason]) -> None:
    survivors = [mutant for mutant in mutants if mutant.outcome == SURVIVED]
    counts = Counter(reason.why if (reason := reason_for(m, reasons)) else "without a reason" for m in survivors)
    figures = [
        table(mutants),
        "",
        "| survivors | why |",
        "|--:|---|",
        *(f"| {n} | {why} |" for why, n in counts.items()),
    ]
    head, _, _ = PAGE.read_text().partition("<!-- figures -->\n")
    PAGE.write_text(head + "<!-- figures -->\n\n" + "\n".join(figures) + "\n")
    LISTING.write_text(listing(survivors, reasons))


def main(arguments: list[str]) -> int:
    if "--again" in arguments:
        forget_survivors()
    if "--prepare" in arguments:
        forget_copies()
        return 0
    mutants, reasons = within(read_mutants(), sample_size()), read_reasons(REASONS.read_text())
    if "--write" in arguments:
        write(mutants, reasons)
    print(table(mutants))
    faults = list(faults_of(mutants, reasons))
    print(*faults, sep="\n")
    return 1 if faults else 0


def _lines_of(source: Path, function: str) -> list[str]:
    """The lines of a function that mutmut made, without its name: that is another one for each mutant."""
    first, last = _spans(source)[function]
    return [line.replace(function, "") for line in _lines(source)[first - 1 : last]]


@cache
def _spans(source: Path) -> dict[str, tuple[int, int]]:
    spans: dict[str, tuple[int, int]] = json.loads(source.with_name(source.name + ".spans").read_text())["spans"]
    return spans


@cache
def _lines(source: Path) -> list[str]:
    return source.read_text().splitlines()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
