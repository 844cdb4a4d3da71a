"""docs/workflows.md has the table of limits that the code has."""

import re
from pathlib import Path

from state_machines.limits import LIMITS

PAGE = Path(__file__).parents[3] / "docs/workflows.md"


def test_the_page_has_every_limit_as_the_code_has_it() -> None:
    table = PAGE.read_text().partition("## Limits")[2].partition("## What a run will cost")[0]
    rows = re.findall(r"^\| (.+) \| ([\d,]+) (.+?) \| (.+) \|$", table, re.MULTILINE)
    written = [(what, int(most.replace(",", "")), unit, why) for what, most, unit, why in rows]
    assert written == [(limit.what, limit.most, limit.unit, linked(limit.why)) for limit in LIMITS]


def linked(why: str) -> str:
    return re.sub(r" ?\((https://[^)]+)\)", r" ([AWS](\1))", why)
