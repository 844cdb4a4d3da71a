"""The matrix as it stands in docs/reliability.md, between two marks."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from tests.faults.faults import Fault
from tests.faults.matrix import Row

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- begin: {} (make faults) -->", "<!-- end: {} -->"


def rendered(rows: Iterable[Row]) -> str:
    """A table for each scenario."""
    tables = [_table(name, list(of_scenario)) for name, of_scenario in groupby(rows, key=lambda row: row.scenario)]
    return "\n\n".join(tables)


def kept(part: str) -> str:
    """What the document says of `part` of the matrix."""
    text = DOCUMENT.read_text()
    begin, end = BEGIN.format(part), END.format(part)
    return text[text.index(begin) + len(begin) : text.index(end)].strip()


def keep(part: str, content: str) -> None:
    """Replaces what the document says of `part`."""
    text = DOCUMENT.read_text()
    begin, end = BEGIN.format(part), END.format(part)
    before, after = text[: text.index(begin) + len(begin)], text[text.index(end) :]
    DOCUMENT.write_text(f"{before}\n\n{content}\n\n{after}")


def _table(name: str, rows: list[Row]) -> str:
    lines = [f"**{name}**", "", _line(["call", *Fault]), _line(["---"] * (1 + len(Fault)))]
    return "\n".join([*lines, *map(row_line, rows)])


def row_line(row: Row) -> str:
    """The line of a call."""
    return _line([str(row.place), *(row.outcomes[fault] for fault in Fault)])


def kept_rows(part: str, scenario: str) -> dict[str, str]:
    """The lines of a scenario's table, by their calls, in their order."""
    table = kept(part).split(f"**{scenario}**")[1].split("\n\n")[1]
    return {line.split("|")[1].strip(): line for line in table.splitlines()[2:]}


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
