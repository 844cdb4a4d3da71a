"""What cdk.json says of a stage is checked before anything is made of it, and every fault is named."""

from typing import Any

import pytest

from infra.stage import Stage, StageInvalid, StageUnknown, choose, read_stage, read_stages
from tests.infra.synthesis import stages


def test_the_stages_of_the_project_are_valid_and_named_by_their_keys() -> None:
    found = read_stages(stages())
    assert found.keys() == {"dev", "prod"}
    assert [stage.stack_name for stage in found.values()] == [
        "workflow-execution-api-dev",
        "workflow-execution-api-prod",
    ]


def test_what_is_not_set_has_a_default() -> None:
    assert read_stage("test", {}) == Stage(name="test")


def test_an_unknown_key_is_named_with_those_there_are() -> None:
    with pytest.raises(StageInvalid, match=r"stage 'dev': unknown key 'log_retention'.*log_retention_days"):
        read_stage("dev", {"log_retention": 30})


@pytest.mark.parametrize(
    "settings",
    [
        {"log_retention_days": 31},
        {"retention_days": 0},
        {"retention_days": "90"},
        {"allowed_origin": "*"},
        {"allowed_origin": "https://app.example.com/"},
        {"allowed_origin": "https://app.example.com' 'https://evil.example.com"},
        {"email_sender": "nobody"},
        {"alarm_email": "a b@example.com"},
        {"stream_concurrency": -1},
        {"throttle_rate": 0},
        {"throttle_burst": 0.5},
        {"keep_logs": "yes"},
    ],
)
def test_a_value_that_cannot_be_deployed_is_named(settings: dict[str, Any]) -> None:
    ((key, value),) = settings.items()
    with pytest.raises(StageInvalid, match=rf"stage 'dev': {key}: .*given"):
        read_stage("dev", settings)
    assert repr(value)


def test_a_stage_has_the_console_or_another_origin() -> None:
    with pytest.raises(StageInvalid, match="stage 'dev': console and allowed_origin exclude each other"):
        read_stage("dev", {"console": True, "allowed_origin": "https://app.example.com"})


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(StageInvalid) as raised:
        read_stage("dev", {"retention_days": 0, "unknown": 1})
    assert len(str(raised.value).splitlines()) == 2


@pytest.mark.parametrize("name", ["", "Dev", "my-stage", "9", "a" * 17])
def test_a_name_that_aws_would_not_take_everywhere_is_refused(name: str) -> None:
    with pytest.raises(StageInvalid, match="name"):
        read_stage(name, {})


@pytest.mark.parametrize("context", [None, {}, [], "dev"])
def test_a_project_without_stages_says_what_is_missing(context: Any) -> None:
    with pytest.raises(StageInvalid, match="stages"):
        read_stages(context)


def test_a_stage_that_is_no_object_is_refused() -> None:
    with pytest.raises(StageInvalid, match=r"stage 'dev'.*object"):
        read_stages({"dev": None})


def test_one_stage_is_chosen_by_name_and_all_without_one() -> None:
    found = read_stages({"dev": {}, "prod": {}})
    assert choose(found, "prod") == [found["prod"]]
    assert choose(found, None) == [found["dev"], found["prod"]]
    with pytest.raises(StageUnknown, match="no stage 'test': it has dev, prod"):
        choose(found, "test")
