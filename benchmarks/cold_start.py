"""How long a new container keeps its first caller waiting, and what memory it takes: each in a fresh interpreter."""

import json
import logging
import os
import shutil
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import repeat
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.client import Json, Unexpected
from benchmarks.in_process import quiet
from benchmarks.report import Report
from benchmarks.servers import ROOT
from functions.entries import ACTION, API, ENVIRONMENT, LIFECYCLE, Entry
from functions.routes.table import ROUTES
from functions.store.members import add_key, set_role
from functions.store.tenants import Key, Role, Workspace, save_workspace
from local.aws import LocalAws
from local.proxy import ProxyRequest
from local.resources import Resources

PAIRS, PAIRS_FROM_SOURCE = 15, 5
CALLS = 1000
"""After which the memory is looked at again."""

TITLES = ("api", "action", "lifecycle", "lifecycle, scheduled")
RATIOS = {"api": 1.6, "action": 1.4, "lifecycle": 1.4}

HOW = f"""Each figure is from fresh interpreters (`python -I`): from before the first import to the function's first
answer, taken in turns with the least that a function in Python with boto3 needs (`import boto3`, and a client for
DynamoDB); the medians of {PAIRS} such pairs ({PAIRS_FROM_SOURCE} from source), and of their ratios. The AWS that
answers is moto behind HTTP in another process. `api` reads a finished execution of two steps, and signs a URL to stream
it from, whose secret it fetches; `action` creates a task; `lifecycle` ends the record of a machine that failed, and by
its schedule finds nothing to do.
*Compiled* has bytecode of everything, as every start but the first on one's own machine, and is what the targets are
for. *From source* has it of the standard library only, as on Lambda, where the asset holds none and nothing can be
written beside it: then most of the time is Python's compiler, for boto3 and for the functions alike. *CPU ms* is the
processor time of a later call; the memory is the most that the process had, after the first call and after {CALLS:,}
(the interpreter alone has some 10 MB)."""

_SCRIPT = Path(__file__).with_name("apps") / "cold.py"
_ACME = Workspace(id="ws_" + "a" * 32, slug="acme", name="Acme", community_id=123)
_KEY = Key(id="key", user="user_admin", tier="premium", roles={})
_WORKFLOWS = "/api/workspaces/acme/workflows"
_TASKS = [{"id": name, "type": "create_task", "config": {"title": "Call {{trigger.name}}"}} for name in ("one", "two")]


@dataclass(frozen=True)
class Case:
    """A function, and the events to call it with, each made when it is needed; `is_right` looks at its answer."""

    entry: Entry
    events: Iterator[Json]
    is_right: Callable[[Any], bool]


@dataclass(frozen=True)
class Found:
    """What one fresh interpreter said."""

    seconds: float
    cpu_seconds: float = 0.0
    first_mb: float | None = None
    last_mb: float | None = None
    modules: Sequence[str] = ()
    answers: Sequence[Any] = ()


def measure() -> Report:
    headings = ("function", "least ms", "its own ms", "ratio", "CPU ms when warm", "MB", f"MB after {CALLS:,}")
    report = Report("Cold start", HOW, headings)
    from_source: list[list[str]] = []
    with TemporaryDirectory() as compiled, TemporaryDirectory() as standard:
        _compile(compiled, standard)
        for title in TITLES:
            # An AWS of its own for each: one that holds thousands of executions answers later.
            with cloud() as cases:
                case = cases[title]
                ratio, cells = _compare(case, _keeping_bytecode(compiled), PAIRS)
                _, source_cells = _compare(case, [*_keeping_bytecode(standard), "-B"], PAIRS_FROM_SOURCE)
                later = run(case, CALLS, _keeping_bytecode(compiled))
            report.add(f"{title}, compiled", *cells, *_later(later))
            from_source.append([f"{title}, from source", *source_cells, "", "", ""])
            most = RATIOS[case.entry.name]
            report.promise(f"{title}: {ratio:.2f} × the least, at most {most}", ratio <= most)
    report.rows += from_source
    return report


def _compile(compiled: str, standard: str) -> None:
    """Fills two folders with bytecode: one of everything, one of the standard library only."""
    for folder in (compiled, standard):
        with cloud() as cases:
            for case in [None, *cases.values()]:
                run(case, 1, _keeping_bytecode(folder))
    for place in (ROOT, Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("platlib"))):
        shutil.rmtree(Path(standard) / place.relative_to(place.anchor), ignore_errors=True)


def _keeping_bytecode(folder: str) -> list[str]:
    """The options of an interpreter that has its bytecode in `folder`, in a tree like that of the sources."""
    return ["-X", f"pycache_prefix={folder}"]


def _compare(case: Case, options: Sequence[str], count: int) -> tuple[float, list[str]]:
    """The median of the ratios of so many pairs, and the cells of its row."""
    pairs = [(run(None, 1, options).seconds, run(case, 1, options).seconds) for _ in range(count)]
    least, own = (median(seconds) * 1000 for seconds in zip(*pairs, strict=True))
    ratio = median(own / least for least, own in pairs)
    return ratio, [f"{least:.0f}", f"{own:.0f}", f"{ratio:.2f}"]


def _later(found: Found) -> list[str]:
    megabytes = [f"{mb:.0f}" if mb else "–" for mb in (found.first_mb, found.last_mb)]
    return [f"{found.cpu_seconds / (CALLS - 1) * 1000:.1f}", *megabytes]


def run(case: Case | None, calls: int, options: Sequence[str] = ()) -> Found:
    """Calls a function of a fresh interpreter that many times; without a case, the least. Raises Unexpected."""
    events = [next(case.events) for _ in range(calls)] if case else []
    asked = {"handler": case.entry.handler, "events": events} if case else {"handler": None}
    done = subprocess.run(
        [sys.executable, "-I", *options, _SCRIPT, ROOT],
        input=json.dumps(asked),
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        raise Unexpected(f"{asked['handler']} failed: {done.stderr}")
    found = Found(**json.loads(done.stderr.splitlines()[-1]))
    if case and not all(map(case.is_right, found.answers)):
        raise Unexpected(f"{case.entry.name} answered {found.answers}")
    return found


@contextmanager
def cloud() -> Iterator[dict[str, Case]]:
    """An AWS in this process, which other processes reach by HTTP, and what to ask of the functions there."""
    variables = {"STREAM_URL": "https://stream.example.com"}
    # The requests that other processes make of moto.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with quiet(), LocalAws(engine=False, schedule=None, port=0, variables=variables) as aws, _endpoint(aws.url):
        save_workspace(_ACME)
        set_role(_ACME.id, _KEY.user, Role.ADMIN)
        add_key(_KEY)
        definition = {"name": "Two tasks", "actions": _TASKS}
        workflow = _answer(aws, "POST", _WORKFLOWS, definition)["workflow"]["id"]

        def started() -> str:
            """The id of a new execution: without an engine nobody runs it."""
            path = f"{_WORKFLOWS}/{workflow}/execute"
            begun = _answer(aws, "POST", path, {"triggerData": {"name": "Ada"}}, {"Prefer": "wait=0"})
            return str(begun["execution"]["id"])

        def task(node: str, execution: str) -> Json:
            return {"execution_id": execution.removeprefix("exec_"), "node": node, "visit": 0, "attempt": 0}

        finished = started()
        for action in _TASKS:
            aws.invoke("action", task(str(action["id"]), finished))
        read = _request("GET", f"{_WORKFLOWS}/executions/{finished}")
        cases = (
            Case(API, repeat(read), _has_finished),
            Case(ACTION, map(partial(task, "one"), iter(started, None)), lambda answer: "two" in str(answer)),
            Case(LIFECYCLE, map(_failure_of, iter(started, None)), _nothing_failed),
            Case(LIFECYCLE, repeat({"detail": {}}), lambda answer: "checked" in answer),
        )
        yield dict(zip(TITLES, cases, strict=True))


def _answer(
    aws: LocalAws, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None
) -> Json:
    answer = aws.invoke("api", _request(method, path, body, headers))
    if answer["statusCode"] >= 300:
        raise Unexpected(f"{method} {path}: {answer['body']}")
    document: Json = json.loads(answer["body"])
    return document


def _request(method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None) -> Json:
    """A request as API Gateway hands it on."""
    resource = Resources((route.method, route.path) for route in ROUTES).find(path)
    if resource is None:
        raise Unexpected(f"there is no route {path}")
    return ProxyRequest(
        method=method,
        path=path,
        resource=resource,
        request_id=str(uuid.uuid4()),
        api_key="",
        api_key_id=_KEY.id,
        source_ip="127.0.0.1",
        headers=list((headers or {}).items()),
        body=json.dumps(body).encode() if body else b"",
    ).event()


def _failure_of(execution: str) -> Json:
    """A status event of Step Functions, as SQS delivers it."""
    detail = {"name": execution.removeprefix("exec_"), "status": "FAILED", "error": "States.Timeout", "cause": None}
    return {"Records": [{"messageId": str(uuid.uuid4()), "body": json.dumps({"detail": detail})}]}


def _has_finished(answer: Any) -> bool:
    execution = json.loads(answer["body"]).get("execution", {})
    return execution.get("status") == "COMPLETED" and "ticket=" in str(execution.get("streamUrl"))


def _nothing_failed(answer: Any) -> bool:
    return bool(answer == {"batchItemFailures": []})


@contextmanager
def _endpoint(url: str) -> Iterator[None]:
    os.environ["AWS_ENDPOINT_URL"] = url
    try:
        yield
    finally:
        del os.environ["AWS_ENDPOINT_URL"]
