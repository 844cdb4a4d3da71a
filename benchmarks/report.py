"""What a measurement found: a table, and the targets that it met or missed; one text for the terminal and the page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """What the project promises, in words with the measured figure."""

    text: str
    met: bool

    def __str__(self) -> str:
        return f"- {'met' if self.met else 'MISSED'}: {self.text}"


@dataclass
class Report:
    """One measurement: how it was done, its table, and what was promised."""

    title: str
    how: str
    headings: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def promise(self, text: str, met: bool) -> None:
        self.targets.append(Target(text, met))

    @property
    def missed(self) -> list[Target]:
        return [target for target in self.targets if not target.met]

    def markdown(self) -> str:
        parts = [f"## {self.title}", self.how]
        parts += [table(self.headings, self.rows)] if self.headings else []
        parts += ["\n".join(map(str, self.targets))] if self.targets else []
        return "\n\n".join([*parts, *self.notes])


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns line up: the first to the left, figures to the right."""
    rows = list(rows)
    widths = [max(len(row[i]) for row in [headings, *rows]) for i in range(len(headings))]
    rule = [":" + "-" * (width - 1) if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join(_line(cells, widths) for cells in [headings, rule, *rows])


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join([first, *others])} |"
