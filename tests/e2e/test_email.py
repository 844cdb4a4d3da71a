"""`send_email`, as the local SES takes it."""

import boto3

from tests.e2e.client import Client, node
from tests.e2e.service import RunningService

MAIL = {"to": ["ada@example.com", "bo@example.com"], "subject": "Welcome {{trigger.name}}", "body": "Hello"}


def test_an_email_is_sent_to_all_of_its_recipients(admin: Client, service: RunningService) -> None:
    before = sent(service)
    execution = admin.run(admin.publish(node("mail", "send_email", MAIL)), triggerData={"name": "Ada"})
    assert execution["status"] == "COMPLETED", execution["error"]
    output = execution["steps"][0]["output"]
    assert output == {"emailSent": True, "recipient": MAIL["to"], "messageId": output["messageId"]}
    assert output["messageId"]
    assert sent(service) - before == 2


def test_a_dry_run_sends_none(admin: Client, service: RunningService) -> None:
    before = sent(service)
    execution = admin.run(admin.publish(node("mail", "send_email", MAIL)), dryRun=True)
    assert execution["steps"][0]["output"]["simulated"] is True
    assert sent(service) == before


def sent(service: RunningService) -> float:
    """How many recipients the local SES has sent to."""
    ses = boto3.client(
        "ses",
        endpoint_url=service.aws_url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    return float(ses.get_send_quota()["SentLast24Hours"])
