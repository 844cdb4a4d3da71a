"""Answers that would be too large to send: their largest outputs become signed links, until they are not.

Lambda answers at most 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from functions import aws
from functions.record import Record
from functions.settings import settings
from state_machines.fold import Result
from state_machines.log import leader_name
from state_machines.values import json_size, to_json

MAX_ANSWER = 5_000_000
LINK_SECONDS = 3600

_SMALLEST = 1_000
"""Bytes of an output that is never worth a link."""
_COPIES = 3
"""How often an answer may show one output: its own, as the next node's input, and as the final one."""
_COUNTED = 100 * MAX_ANSWER

Document = dict[str, Any]


def fitting(record: Record, render: Callable[[Record], Document]) -> Document:
    """What `render` makes of `record`, with as many of its largest outputs replaced by links as it takes to fit."""
    document = render(record)
    while (size := json_size(document, _COUNTED)) > MAX_ANSWER:
        shortened = _with_links(record, (size - MAX_ANSWER) / _COPIES)
        if shortened is record:
            break
        record = shortened
        document = render(record)
    return document


def _with_links(record: Record, excess: float) -> Record:
    """The record with its largest outputs as links, up to `excess` bytes; the same one where none is worth it."""
    sizes = {node: json_size(result.output) for node, result in record.results.items() if not _is_link(result.output)}
    results, removed = dict(record.results), 0
    for node in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if removed > excess or sizes[node] <= _SMALLEST:
            break
        results[node] = _linked(record.execution.id, results[node])
        removed += sizes[node]
    return record.with_results(results) if removed else record


def _linked(execution_id: str, result: Result) -> Result:
    body = to_json(result.output).encode("utf-8", "surrogatepass")
    place = {
        "Bucket": settings().outputs_bucket,
        "Key": f"outputs/{execution_id}/{leader_name(result.node, result.visit)}.json",
    }
    aws.s3().put_object(**place, Body=body, ContentType="application/json")  # type: ignore[arg-type]
    url = aws.s3().generate_presigned_url("get_object", Params=place, ExpiresIn=LINK_SECONDS)
    return replace(result, output={"truncated": True, "size": len(body), "url": url})


def _is_link(output: Any) -> bool:
    return isinstance(output, dict) and output.keys() == {"truncated", "size", "url"}
