"""The audit trail: one line per event, in the documented format, that nobody can forge."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions import audit

LINE = re.compile(
    r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\] (INFO|WARNING|ERROR) workflow_execution_api:1\.0\.0 "
    r"(AUTH|AUTHZ|AUDIT|ERROR|SYSTEM) community=(-|\d+) user=(\S+) action=(\w+) result=(SUCCESS|DENIED|FAILURE)"
)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    (handler,) = [h for h in logging.getLogger(audit.MODULE).handlers if isinstance(h, logging.StreamHandler)]
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def records(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_exactly_as_documented(written: io.StringIO) -> None:
    audit.record("AUDIT", action="execute_workflow", community=123, user="user_1", execution_id="e1")
    (record,) = records(written)
    assert LINE.fullmatch(record["message"])
    assert record["message"].endswith("AUDIT community=123 user=user_1 action=execute_workflow result=SUCCESS")


def test_the_record_has_the_same_fields_and_the_ids(written: io.StringIO) -> None:
    audit.record("AUDIT", action="execute_workflow", community=123, user="user_1", execution_id="e1", version=None)
    (record,) = records(written)
    assert record["event_type"] == "AUDIT"
    fields = {name: record[name] for name in ("community", "user", "action", "result", "execution_id")}
    assert fields == {
        "community": 123,
        "user": "user_1",
        "action": "execute_workflow",
        "result": "SUCCESS",
        "execution_id": "e1",
    }
    assert "version" not in record


@pytest.mark.parametrize(
    ("event", "outcome", "level"),
    [
        ("AUTH", "SUCCESS", "INFO"),
        ("AUTH", "DENIED", "WARNING"),
        ("AUTHZ", "DENIED", "WARNING"),
        ("ERROR", "FAILURE", "ERROR"),
    ],
)
def test_denials_are_warnings_and_failures_errors(written: io.StringIO, event: Any, outcome: Any, level: str) -> None:
    audit.record(event, action="x", outcome=outcome)
    (record,) = records(written)
    assert record["level"] == level
    assert f"] {level} " in record["message"]


def test_what_is_not_known_is_a_dash(written: io.StringIO) -> None:
    audit.record("AUTH", action="authenticate", outcome="DENIED")
    assert " community=- user=- " in records(written)[0]["message"]


@given(st.text())
def test_no_value_begins_another_field_or_line(value: str) -> None:
    line = audit.line("INFO", "AUDIT", 1, value, "x", "SUCCESS")
    match = LINE.fullmatch(line)
    assert match
    assert "=" not in match[4]
    assert len(match[4]) <= 128


def test_a_forged_user_stays_one_word_of_one_record(written: io.StringIO) -> None:
    forged = 'x result=SUCCESS\n[2026-01-01T00:00:00Z] INFO workflow_execution_api:1.0.0 AUTH user="root"'
    audit.record("AUTH", action="authenticate", outcome="DENIED", user=forged, request_id=forged)
    (record,) = records(written)
    assert record["message"].count("result=") == 1
    assert record["user"] == record["request_id"] == re.sub(r"[^A-Za-z0-9_.:@/\-]", "_", forged)[:128]


def test_a_command_can_have_its_trail_elsewhere_for_a_while(written: io.StringIO) -> None:
    elsewhere = io.StringIO()
    with audit.written_to(elsewhere):
        audit.record("AUDIT", action="create_key")
    audit.record("AUDIT", action="view_execution")
    assert [json.loads(line)["action"] for line in elsewhere.getvalue().splitlines()] == ["create_key"]
    assert [record["action"] for record in records(written)] == ["view_execution"]
