from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto.ses.models import SESBackend, ses_backends

from functions.actions.errors import ConfigInvalid, ServiceFailed
from functions.actions.registry import JsonObject, actions, run, simulate
from state_machines.checks import check_workflow
from state_machines.errors import WorkflowInvalid
from tests.unit.functions.actions.conftest import make_context

CONFIG = {"to": "ada@example.com", "subject": "Welcome, Zoë", "body": "Hello\nAda"}
SENDER = "workflows@example.org"


@pytest.fixture
def ses(configure: Callable[..., None], fake_aws: None) -> SESBackend:
    """SES with a verified sender, and what it has sent."""
    boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
    configure(EMAIL_SENDER=SENDER)
    return ses_backends["123456789012"]["eu-west-1"]


def send(config: JsonObject = CONFIG) -> JsonObject:
    return run(actions()["send_email"], config, make_context())


def test_an_email_is_sent_from_the_deployments_address(ses: SESBackend) -> None:
    output = send()
    (sent,) = ses.sent_messages
    assert (sent.source, sent.subject, sent.body) == (SENDER, "Welcome, Zoë", "Hello\nAda")
    assert sent.destinations["ToAddresses"] == ["ada@example.com"]
    assert output == {"emailSent": True, "recipient": "ada@example.com", "messageId": sent.id}


def test_several_recipients_copies_and_a_reply_address_are_passed_on(ses: SESBackend) -> None:
    to = ["ada@example.com", "bob+x@sub.example.com"]
    output = send({**CONFIG, "to": to, "cc": "eve@example.com", "replyTo": ["help@example.com"]})
    assert output["recipient"] == to
    (sent,) = ses.sent_messages
    assert sent.destinations["ToAddresses"] == to
    assert sent.destinations["CcAddresses"] == ["eve@example.com"]


def test_what_is_logged_names_no_recipient(ses: SESBackend) -> None:
    context = make_context()
    run(actions()["send_email"], CONFIG, context)
    assert context.logs == ("Sent to 1 recipient(s)",)


def test_without_a_sender_no_email_can_be_sent(configure: Callable[..., None]) -> None:
    configure(EMAIL_SENDER="")
    with pytest.raises(ServiceFailed, match="this deployment has no sender's address"):
        send()


def test_a_refusal_of_ses_gives_its_word_for_it_and_nothing_of_the_account(
    ses: SESBackend, configure: Callable[..., None]
) -> None:
    configure(EMAIL_SENDER="nobody@unverified.example")
    with pytest.raises(ServiceFailed, match=r"^The e-mail was not accepted \(MessageRejected\)$"):
        send()
    assert ses.sent_messages == []


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"subject": "s", "body": "b"}, r"config\.to: "),
        ({**CONFIG, "to": []}, r"config\.to: "),
        ({**CONFIG, "to": None}, r"config\.to: "),
        ({**CONFIG, "to": 5}, r"config\.to: "),
        ({**CONFIG, "to": "nobody"}, r"config\.to\[0\]: This must be an e-mail address"),
        ({**CONFIG, "to": ["ada@example.com", "a@b"]}, r"config\.to\[1\]: This must be an e-mail address"),
        ({**CONFIG, "to": "a@b.example\r\nBcc: eve@example.com"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": "a@b.example\n"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": "a@b.example,eve@example.com"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": "Ada <ada@example.com>"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": "a b@example.com"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": "@example.com"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": "a@example..com"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": "a@" + "b" * 64 + ".example"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": "a@" + "b." * 130 + "example"}, r"config\.to\[0\]: "),
        ({**CONFIG, "to": ["a@b.example"] * 30, "cc": ["a@b.example"] * 21}, r"config: An e-mail has at most 50"),
        ({**CONFIG, "cc": "x"}, r"config\.cc\[0\]: "),
        ({**CONFIG, "replyTo": "x\r\ny"}, r"config\.replyTo\[0\]: "),
        ({**CONFIG, "subject": "Hi\r\nBcc: eve@example.com"}, r"config\.subject: This must be one line"),
        ({**CONFIG, "subject": ""}, r"config\.subject: "),
        ({"to": "a@b.example", "body": "b"}, r"config\.subject: "),
        ({"to": "a@b.example", "subject": "s"}, r"config\.body: "),
        ({**CONFIG, "body": "x" * 100_001}, r"config\.body: "),
        ({**CONFIG, "bcc": "eve@example.com"}, r"config\.bcc: Unknown field"),
    ],
)
def test_a_config_that_does_not_fit_sends_nothing(config: JsonObject, fault: str, ses: SESBackend) -> None:
    with pytest.raises(ConfigInvalid, match=fault):
        send(config)
    assert ses.sent_messages == []


@pytest.mark.parametrize(("to", "place"), [("nobody", "to"), (["ada@example.com", "nobody"], "to[1]"), ([], "to")])
def test_a_wrong_recipient_is_refused_where_it_was_written(to: Any, place: str) -> None:
    email = {"type": "send_email", "config": {"to": to, "subject": "s", "body": "b"}}
    with pytest.raises(WorkflowInvalid) as error:
        check_workflow({"name": "Mail", "actions": [email]}, actions())
    assert [fault.path for fault in error.value.faults] == [f"actions[0].config.{place}"]


def test_a_simulation_answers_alike_and_sends_nothing(ses: SESBackend) -> None:
    simulated = simulate(actions()["send_email"], CONFIG, make_context())
    assert ses.sent_messages == []
    assert simulated.pop("messageId").startswith("email_")
    assert simulated == {"emailSent": True, "recipient": "ada@example.com", "simulated": True}
