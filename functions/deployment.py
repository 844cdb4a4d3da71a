"""A deployed stack as its operator reaches it: whose credentials, which endpoint, and what the stack says of itself."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from functions import aws
from functions.settings import tell

DEFAULT_STACK = "workflow-execution-api-dev"

LOCAL_REGION = "us-east-1"


class Refused(Exception):
    """Base of what an operator's command can be refused with. The text is a sentence that says what to do."""


class StackNotFound(Refused):
    """Raised when there is no stack of that name, there and for these credentials."""


class OutputMissing(Refused):
    """Raised when the stack does not have an output that a command needs."""


@dataclass(frozen=True)
class Deployment:
    """A stack by its name, and its outputs."""

    stack: str
    outputs: Mapping[str, str]

    def output(self, name: str) -> str:
        """An output's value. Raises OutputMissing."""
        if name not in self.outputs:
            raise OutputMissing(f"The stack {self.stack} has no output {name}: deploy this version of it first.")
        return self.outputs[name]


def connect(
    stack: str, *, endpoint_url: str | None = None, region: str | None = None, profile: str | None = None
) -> Deployment:
    """Makes every later call of this process one to this stack, for whoever the profile or the environment says.

    On a loopback address, where the local service listens, credentials are needed only where a profile is named, and
    the region is the local service's. Raises StackNotFound, OutputMissing, and what botocore raises.
    """
    if endpoint_url and not profile and is_loopback(endpoint_url):
        session, region = Session(), region or LOCAL_REGION
        session.set_credentials("local", "local")
    else:
        session = Session(profile=profile)
    if region:
        session.set_config_variable("region", region)
    aws.use(session, endpoint_url)
    found = describe(stack)
    tell(table_name=found.output("TableName"))
    return found


def describe(stack: str) -> Deployment:
    """The stack, by its outputs. Raises StackNotFound."""
    client = aws.cloudformation()
    try:
        (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" not in error.response["Error"].get("Message", ""):
            raise
        where = client.meta.region_name
        raise StackNotFound(
            f"There is no stack {stack} in {where}: name another with --stack, --region or --profile, or deploy it."
        ) from None
    return Deployment(stack, {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())})


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def caller_arn() -> str | None:
    """Who the credentials belong to, or None where nobody says."""
    try:
        arn: str = aws.sts().get_caller_identity()["Arn"]
    except (BotoCoreError, ClientError):
        return None
    return arn
