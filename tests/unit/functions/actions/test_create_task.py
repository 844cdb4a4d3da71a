import re
from typing import Any

import pytest

from functions.actions import create_task
from functions.actions.errors import ConfigInvalid
from functions.actions.registry import JsonObject, actions, run, simulate
from tests.unit.functions.actions.conftest import make_context

CONFIG = {
    "title": "Complete onboarding",
    "description": "Fill out your profile",
    "priority": "HIGH",
    "assignedTo": "user_123",
    "dueDate": "2026-11-30",
}
Tasks = dict[tuple[str, str], JsonObject]


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> Tasks:
    """What was kept, by workspace and id."""
    kept: Tasks = {}

    def keep(workspace_id: str, task_id: str, **fields: Any) -> None:
        kept[workspace_id, task_id] = fields

    monkeypatch.setattr(create_task, "keep_task", keep)
    return kept


def create(config: JsonObject = CONFIG, **changes: Any) -> JsonObject:
    return run(actions()["create_task"], config, make_context(**changes))


def test_a_task_is_kept_and_answered_as_documented(tasks: Tasks) -> None:
    output = create()
    task_id = output.pop("taskId")
    assert re.fullmatch(r"task_[0-9a-f]{32}", task_id)
    assert output == {
        "title": "Complete onboarding",
        "status": "TODO",
        "priority": "HIGH",
        "assignedTo": "user_123",
    }
    assert tasks == {
        ("ws_acme", task_id): {
            "title": "Complete onboarding",
            "description": "Fill out your profile",
            "priority": "HIGH",
            "assigned_to": "user_123",
            "due_date": "2026-11-30",
            "execution_id": "0192f0c1d2e37a4b8c5d6e7f80912a3b",
            "node": "notify",
        }
    }


def test_a_title_is_enough(tasks: Tasks) -> None:
    output = create({"title": "t"})
    assert (output["priority"], output["assignedTo"]) == ("MEDIUM", None)
    (kept,) = tasks.values()
    assert (kept["description"], kept["priority"], kept["assigned_to"], kept["due_date"]) == (
        "",
        "MEDIUM",
        None,
        None,
    )


def test_a_retry_keeps_one_task(tasks: Tasks) -> None:
    create(attempt=0)
    create(attempt=2)
    assert len(tasks) == 1


@pytest.mark.parametrize("priority", ["LOW", "MEDIUM", "HIGH", "URGENT"])
def test_each_priority_is_taken(priority: str, tasks: Tasks) -> None:
    assert create({"title": "t", "priority": priority})["priority"] == priority


@pytest.mark.parametrize(
    "due",
    [
        "2026-11-30",
        "2028-02-29",
        "2026-11-30T09:00",
        "2026-11-30T09:00:00",
        "2026-11-30T09:00:00Z",
        "2026-11-30T09:00:00.123456+01:00",
    ],
)
def test_a_due_date_may_be_a_date_or_a_time(due: str, tasks: Tasks) -> None:
    create({"title": "t", "dueDate": due})
    assert [kept["due_date"] for kept in tasks.values()] == [due]


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({}, r"config\.title: "),
        ({"title": ""}, r"config\.title: "),
        ({"title": "x" * 501}, r"config\.title: "),
        ({"title": "a\nb"}, r"config\.title: This must be one line"),
        ({"title": "t", "description": "x" * 10_001}, r"config\.description: "),
        ({"title": "t", "priority": "high"}, r"config\.priority: "),
        ({"title": "t", "priority": None}, r"config\.priority: "),
        ({"title": "t", "assignedTo": [5]}, r"config\.assignedTo: "),
        ({"title": "t", "assigned_to": "u"}, r"config\.assigned_to: Unknown field"),
        ({"title": "t", "dueDate": "tomorrow"}, r"config\.dueDate: This must be a date"),
        ({"title": "t", "dueDate": "2026-02-29"}, r"config\.dueDate: This must be a date"),
        ({"title": "t", "dueDate": "20261130"}, r"config\.dueDate: This must be a date"),
        ({"title": "t", "dueDate": "2026-W48-1"}, r"config\.dueDate: This must be a date"),
        ({"title": "t", "dueDate": "2026-11-30T25:00"}, r"config\.dueDate: This must be a date"),
        ({"title": "t", "dueDate": "2026-11-30\n"}, r"config\.dueDate: This must be a date"),
        ({"title": "t", "dueDate": "٢٠٢٦-11-30"}, r"config\.dueDate: This must be a date"),
        ({"title": "t", "dueDate": 1764460800}, r"config\.dueDate: "),
    ],
)
def test_a_config_that_does_not_fit_keeps_nothing(config: JsonObject, fault: str, tasks: Tasks) -> None:
    with pytest.raises(ConfigInvalid, match=fault):
        create(config)
    assert tasks == {}


def test_a_simulation_answers_alike_and_keeps_nothing(tasks: Tasks) -> None:
    simulated = simulate(actions()["create_task"], CONFIG, make_context())
    assert tasks == {}
    assert simulated == {**create(), "simulated": True}
