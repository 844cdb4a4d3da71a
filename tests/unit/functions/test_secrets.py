"""Secrets: of one workspace, and never left in what comes back."""

from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from functions import aws
from functions.blotting import BLOT
from functions.secrets import Secrets, SecretUnavailable
from local.aws import LocalAws

VALUE = 's3cret/"x"'


@pytest.fixture(autouse=True)
def _kept(cloud: LocalAws) -> None:
    aws.secretsmanager().create_secret(Name="secrets/ws_one/token", SecretString=VALUE)
    aws.secretsmanager().create_secret(Name="secrets/ws_one/bytes", SecretBinary=b"binary-value")


def test_a_workspace_reads_its_own_secrets() -> None:
    secrets = Secrets("ws_one")
    assert (secrets["token"], secrets["bytes"]) == (VALUE, "binary-value")


@pytest.mark.parametrize("name", ["missing", "../ws_one/token"])
def test_no_workspace_reads_anothers(name: str) -> None:
    with pytest.raises(SecretUnavailable, match="none of that name"):
        Secrets("ws_two")[name]


def test_a_store_that_does_not_answer_is_not_taken_for_a_missing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "GetSecretValue")

    monkeypatch.setattr(aws.secretsmanager(), "get_secret_value", refuse)
    with pytest.raises(SecretUnavailable, match="'token' cannot be read: its store does not answer"):
        Secrets("ws_one")["token"]


def test_used_secrets_are_blotted_out_wherever_they_appear() -> None:
    secrets = Secrets("ws_one")
    assert secrets.blot({"a": VALUE}) == {"a": VALUE}
    assert secrets["token"]
    forms = [VALUE, f"Bearer {VALUE}", f"?t={quote(VALUE, safe='')}", f"/{quote(VALUE)}"]
    assert secrets.blot({VALUE: forms, "n": 5}) == {BLOT: [BLOT, f"Bearer {BLOT}", f"?t={BLOT}", f"/{BLOT}"], "n": 5}
