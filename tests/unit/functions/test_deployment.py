"""Which AWS a command calls, with whose credentials, and what it learns of the stack."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from functions import aws, deployment
from functions.deployment import DEFAULT_STACK, Deployment, OutputMissing, StackNotFound
from functions.settings import settings
from local.aws import LocalAws


@pytest.fixture(scope="module")
def served() -> Iterator[LocalAws]:
    with LocalAws(engine=False, schedule=None, port=0) as started:
        yield started


@pytest.fixture(autouse=True)
def _calls_of_the_process(served: LocalAws) -> Iterator[None]:
    yield
    aws.forget()


def test_a_stack_is_known_by_its_outputs(served: LocalAws) -> None:
    found = deployment.connect(DEFAULT_STACK, endpoint_url=served.url)
    assert found.stack == DEFAULT_STACK
    assert found.output("TableName") == settings().table_name
    assert found.output("OutputsBucket") == settings().outputs_bucket


def test_the_table_is_the_one_that_the_stack_says(served: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "of-something-else")
    settings.cache_clear()
    deployment.connect(DEFAULT_STACK, endpoint_url=served.url)
    assert settings().table_name == "workflows"


def test_a_missing_output_is_named() -> None:
    with pytest.raises(OutputMissing, match=r"stack-1 has no output PremiumPlanId: deploy"):
        Deployment("stack-1", {}).output("PremiumPlanId")


def test_a_missing_stack_is_named_with_the_region(served: LocalAws) -> None:
    with pytest.raises(StackNotFound, match=r"no stack stack-1 in us-east-1: .*--stack"):
        deployment.connect("stack-1", endpoint_url=served.url)
    with pytest.raises(StackNotFound, match=r"in eu-west-1"):
        deployment.connect(DEFAULT_STACK, endpoint_url=served.url, region="eu-west-1")


def test_the_local_service_is_not_told_the_users_credentials(served: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-user")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    deployment.connect(DEFAULT_STACK, endpoint_url=served.url)
    credentials = aws.cloudformation()._request_signer._credentials  # type: ignore[attr-defined]
    assert (credentials.access_key, aws.cloudformation().meta.region_name) == ("local", "us-east-1")


def test_a_named_profile_counts_anywhere(served: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[profile p]\nregion = us-east-1\naws_access_key_id = of-p\naws_secret_access_key = s\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    deployment.connect(DEFAULT_STACK, endpoint_url=served.url, profile="p")
    assert aws.cloudformation()._request_signer._credentials.access_key == "of-p"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        ("http://localhost:8002", True),
        ("http://aws.localhost:8002", True),
        ("http://127.0.0.1:8002", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:8002", True),
        ("https://localhost.example.com", False),
        ("https://10.0.0.1", False),
        ("https://vpce-1.cloudformation.us-east-1.vpce.amazonaws.com", False),
        ("http://127.0.0.1.example.com", False),
    ],
)
def test_only_this_machine_is_local(url: str, is_so: bool) -> None:
    assert deployment.is_loopback(url) is is_so


def test_who_calls_is_known_where_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (deployment.caller_arn() or "").startswith("arn:aws:sts::123456789012:")
    monkeypatch.setattr(
        aws, "sts", lambda: boto3.client("sts", region_name="no-region", endpoint_url="http://127.0.0.1:9")
    )
    assert deployment.caller_arn() is None


def test_a_stack_may_have_no_outputs_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    class CloudFormation:
        def describe_stacks(self, **_: str) -> dict[str, list[dict[str, str]]]:
            return {"Stacks": [{"StackName": "new"}]}

    monkeypatch.setattr(aws, "cloudformation", CloudFormation)
    assert deployment.describe("new") == Deployment("new", {})
