"""`send_email`: the example of a custom action; copy it for your own.

    {"to": "ada@example.com", "subject": "Welcome", "body": "Hello Ada"}
    -> {"emailSent": true, "recipient": "ada@example.com", "messageId": "0100…"}

`to`, `cc` and `replyTo` are an address or a list of them. The sender is the deployment's (`EMAIL_SENDER`), verified in
SES. SES knows no idempotency key: an attempt asks it once, unless it says that it was asked too often, and where an
e-mail was sent but the answer lost, only a retry of the workflow's own sends it again.
"""

import random
import re
import time
from typing import Annotated, Any, Self

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from functions import aws
from functions.actions.errors import ServiceFailed
from functions.actions.fields import Title
from functions.actions.registry import ActionConfig, ActionContext, JsonObject, action, simulation_of
from functions.settings import settings

MAX_RECIPIENTS = 50
"""Of one e-mail, as SES has it."""
MAX_BODY_CHARACTERS = 100_000

_TOO_OFTEN = ("Throttling", "ThrottlingException")
_PAUSES = (1.0, 2.0)
"""Seconds, at most, before SES is asked again that was asked too often."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,255}$)([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("This must be an e-mail address such as ada@example.com")
    return text


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_Address = Annotated[str, AfterValidator(_address), Field(json_schema_extra={"pattern": f"^{_ADDRESS.pattern}$"})]
_List = Annotated[list[_Address], Field(max_length=MAX_RECIPIENTS)]
_Addresses = Annotated[_List, BeforeValidator(_listed, json_schema_input_type=_Address | _List)]


class SendEmailConfig(ActionConfig):
    """What `send_email` takes."""

    to: Annotated[_Addresses, Field(min_length=1)]
    subject: Title
    body: Annotated[str, Field(max_length=MAX_BODY_CHARACTERS)]
    cc: _Addresses = Field(default_factory=list)
    reply_to: _Addresses = Field(default_factory=list)

    @model_validator(mode="after")
    def _recipients_are_few(self) -> Self:
        if len(self.to) + len(self.cc) > MAX_RECIPIENTS:
            raise ValueError(f"An e-mail has at most {MAX_RECIPIENTS} recipients")
        return self


# Without secrets: they would leave in the e-mail.
@action("send_email", config=SendEmailConfig)
def send_email(config: SendEmailConfig, context: ActionContext) -> JsonObject:
    """Raises ServiceFailed where no sender is configured or SES does not take the e-mail."""
    sender = settings().email_sender
    if not sender:
        raise ServiceFailed("No e-mail can be sent: this deployment has no sender's address")
    message_id = _send(sender, config, context)
    context.log(f"Sent to {len(config.to) + len(config.cc)} recipient(s)")
    return _output(config, message_id)


@simulation_of("send_email")
def simulate(config: SendEmailConfig, context: ActionContext) -> JsonObject:
    """The same answer, with a made-up message id and nothing sent."""
    return {**_output(config, context.derived_id("email")), "simulated": True}


def _send(sender: str, config: SendEmailConfig, context: ActionContext) -> str:
    """The id of the e-mail, which is handed over again only where SES has said that it did not take it."""
    for pause in (*_PAUSES, None):
        try:
            return _handed_over(sender, config)
        except (BotoCoreError, ClientError) as error:
            if pause is None or _code(error) not in _TOO_OFTEN or context.remaining() <= pause:
                # What AWS says names accounts, identities and roles, which are not the client's business.
                raise ServiceFailed(f"The e-mail was not accepted ({_code(error)})") from error
        time.sleep(random.uniform(0, pause))  # nosec B311 # jitter
    raise AssertionError("unreachable")


def _handed_over(sender: str, config: SendEmailConfig) -> str:
    answer = aws.ses().send_email(
        Source=sender,
        Destination={"ToAddresses": config.to, "CcAddresses": config.cc},
        Message={
            "Subject": {"Data": config.subject, "Charset": "UTF-8"},
            "Body": {"Text": {"Data": config.body, "Charset": "UTF-8"}},
        },
        ReplyToAddresses=config.reply_to,
    )
    return answer["MessageId"]


def _code(error: BotoCoreError | ClientError) -> str:
    """The service's word for what is wrong, such as MessageRejected or Throttling."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def _output(config: SendEmailConfig, message_id: str) -> JsonObject:
    recipient = config.to[0] if len(config.to) == 1 else config.to
    return {"emailSent": True, "recipient": recipient, "messageId": message_id}
