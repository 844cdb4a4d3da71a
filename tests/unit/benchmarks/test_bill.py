"""docs/costs.md says what the counts in it and the prices come to."""

import re
from pathlib import Path

from benchmarks.bill import ALARMS, Usage, page
from functions.entries import PYTHON_ENTRIES
from tests.infra.synthesis import template

PAGE = (Path(__file__).parents[3] / "docs/costs.md").read_text()


def test_the_page_is_what_its_counts_and_the_prices_come_to() -> None:
    calls = {entry: counted(f"calls of `{entry.name}`") for entry in PYTHON_ENTRIES}
    usage = Usage(
        requests=2,
        transitions=counted("state transitions"),
        calls={entry: calls[entry] for entry in sorted(calls, key=lambda entry: PAGE.index(f"`{entry.name}` "))},
        written=counted("DynamoDB write units"),
        read=counted("DynamoDB read units"),
        kept_bytes=counted("bytes kept in the table"),
        by_hand=int(re.findall(r"enters (\d+) states", PAGE)[0]),
    )
    usage.log_bytes = counted("bytes of logs") - usage.logged
    assert page(usage, "chain") == PAGE


def test_its_alarms_are_those_of_the_stack() -> None:
    types = [resource["Type"] for resource in template()["Resources"].values()]
    assert types.count("AWS::CloudWatch::Alarm") == ALARMS


def counted(used: str) -> int:
    """A count of the page's first table."""
    found = re.findall(rf"^\| {re.escape(used)} +\| +([\d,]+) \|$", PAGE, re.MULTILINE)
    assert len(found) == 1
    return int(found[0].replace(",", ""))
