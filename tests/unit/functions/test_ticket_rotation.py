"""The rotation of the tickets' secret: no ticket that was given out is lost."""

from datetime import timedelta
from typing import Any

import pytest

from functions import aws, clock, ticket_rotation
from functions.ticket_rotation import APART, TooSoon
from local.aws import LocalAws

SECRET = "rotated"  # the name of one, and none itself


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    aws.secretsmanager().create_secret(Name=SECRET, SecretString="first")


def value(stage: str) -> str:
    return aws.secretsmanager().get_secret_value(SecretId=SECRET, VersionStage=stage)["SecretString"]


def later(monkeypatch: pytest.MonkeyPatch, passed: timedelta) -> None:
    now = clock.now() + passed
    monkeypatch.setattr(clock, "now", lambda: now)


def test_the_secret_before_stays_the_previous_one() -> None:
    ticket_rotation.rotate(SECRET)
    assert value("AWSPREVIOUS") == "first"
    assert len(value("AWSCURRENT")) == 64


def test_a_secret_that_was_never_rotated_may_be_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    later(monkeypatch, timedelta(seconds=1))
    ticket_rotation.rotate(SECRET)


def test_the_next_rotation_waits_until_the_tickets_before_have_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket_rotation.rotate(SECRET)
    second = value("AWSCURRENT")
    versions: Any = aws.secretsmanager().list_secret_version_ids(SecretId=SECRET)
    # The local Secrets Manager says of every version that it was made now.
    monkeypatch.setattr(aws.secretsmanager(), "list_secret_version_ids", lambda **named: versions)
    later(monkeypatch, APART - timedelta(seconds=5))
    with pytest.raises(TooSoon, match="--force"):
        ticket_rotation.rotate(SECRET)
    assert (value("AWSPREVIOUS"), value("AWSCURRENT")) == ("first", second)
    later(monkeypatch, timedelta(seconds=10))
    ticket_rotation.rotate(SECRET)
    assert value("AWSPREVIOUS") == second


def test_it_can_be_forced() -> None:
    ticket_rotation.rotate(SECRET)
    second = value("AWSCURRENT")
    ticket_rotation.rotate(SECRET, force=True)
    assert value("AWSPREVIOUS") == second
    assert timedelta(hours=25) < APART < timedelta(hours=26)
