"""Answers that would be too large to send: their largest outputs become signed links, until they are not.

Lambda answers at most 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from functions import aws
from functions.record import Record
from functions.settings import settings
from state_machines.fold import Result
from state_machines.limits import ANSWER
from state_machines.log import leader_name
from state_machines.values import to_json

MAX_ANSWER = ANSWER.most
LINK_SECONDS = 3600

_LINK = 1_500
"""Bytes of a link, at most: its signature names the session that signed it."""
_SMALLEST = 2 * _LINK
"""Bytes of an output that is not worth a link."""

Document = dict[str, Any]


def fitting(record: Record, render: Callable[[Record], Document]) -> str:
    """What `render` makes of `record`, as JSON, with as many of its largest outputs replaced by links as it takes.

    Only `render` knows how often an answer shows an output. So it is given a mark in the place of each large one, and
    the outputs, each written once, take the marks' places: an answer of megabytes is not gone through twice.
    """
    bodies = {node: body for node, result in record.results.items() if len(body := to_json(result.output)) > _SMALLEST}
    # Nobody knows the marks beforehand, so nothing that a client or an API says is taken for one.
    secret = secrets.token_hex(16)
    marks = {node: f"{secret}/{number}" for number, node in enumerate(bodies)}
    marked = to_json(render(_with_outputs(record, marks)))
    # Every second piece is the number of a mark.
    pieces = re.split(rf'"{secret}/([0-9]+)"', marked)
    nodes = list(bodies)
    shown = [nodes[int(number)] for number in pieces[1::2]]
    for node in _too_many(marked, bodies, Counter(shown)):
        bodies[node] = to_json(_link(record.execution.id, record.results[node], bodies[node]))
    pieces[1::2] = [bodies[node] for node in shown]
    return "".join(pieces)


def _too_many(marked: str, bodies: Mapping[str, str], shown: Mapping[str, int]) -> list[str]:
    """The nodes with the largest outputs, as many of them as must not be shown."""
    sizes = {node: _sent_size(body) for node, body in bodies.items()}
    too_much = _sent_size(marked) + sum(shown[node] * size for node, size in sizes.items()) - MAX_ANSWER
    chosen = []
    for node in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if too_much <= 0:
            break
        chosen.append(node)
        too_much -= shown[node] * (sizes[node] - _LINK)
    return chosen


def _sent_size(text: str) -> int:
    """The bytes of JSON when a function answers it: as a text within JSON, its quotes and backslashes escaped."""
    return len(text.encode("utf-8", "surrogatepass")) + text.count('"') + text.count("\\")


def _with_outputs(record: Record, outputs: Mapping[str, Any]) -> Record:
    results = {
        node: replace(result, output=outputs[node]) if node in outputs else result
        for node, result in record.results.items()
    }
    return record.with_results(results)


def _link(execution_id: str, result: Result, text: str) -> dict[str, Any]:
    body = text.encode("utf-8", "surrogatepass")
    place = {
        "Bucket": settings().outputs_bucket,
        "Key": f"outputs/{execution_id}/{leader_name(result.node, result.visit)}.json",
    }
    aws.s3().put_object(**place, Body=body, ContentType="application/json")  # type: ignore[arg-type]
    url = aws.s3().generate_presigned_url("get_object", Params=place, ExpiresIn=LINK_SECONDS)
    return {"truncated": True, "size": len(body), "url": url}
