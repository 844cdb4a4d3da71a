"""The AWS clients, made when first used and kept for the life of the process.

Every call has a connect and a read timeout and a bounded number of attempts, so that no call outlives its function.
They are botocore's, as boto3's are: boto3 itself would bring the transfer of large files to S3, which nothing here
needs, into every cold start.
"""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.session import Session

from functions.aws_data import KnownServices

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ses import SESClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    # Parallel branches of one process share a client.
    max_pool_connections=50,
)

_ONCE = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 1}))
"""For what knows no idempotency token: an attempt whose answer was lost may have taken effect."""

_FOR_A_PERSON = _CONFIG.merge(Config(read_timeout=20))
"""Nobody's function ends while a person waits at a terminal."""
# API Gateway takes a few changes a second from a whole account, and what it refuses may be tried again.
_FOR_FEW_A_SECOND = _FOR_A_PERSON.merge(Config(retries={"mode": "standard", "total_max_attempts": 8}))

_making = Lock()
_chosen: list[tuple[Session, str | None]] = []


@cache
def _session() -> Session:
    session = Session()
    session.register_component("data_loader", KnownServices())
    return session


@cache
def _client(service: str, config: Config = _CONFIG) -> object:
    # A session's clients are safe to share between threads; making one is not.
    with _making:
        session, endpoint_url = _chosen[0] if _chosen else (_session(), None)
        return session.create_client(service, config=config, endpoint_url=endpoint_url)


def use(session: Session, endpoint_url: str | None) -> None:
    """From now on clients are this session's, and call this endpoint if one is given."""
    forget()
    _chosen[:] = [(session, endpoint_url)]


def forget() -> None:
    """Lets go of every client, so that the next ones see the environment as it then is."""
    _client.cache_clear()
    _session.cache_clear()
    _chosen.clear()


def apigateway() -> "APIGatewayClient":
    return cast("APIGatewayClient", _client("apigateway", _FOR_FEW_A_SECOND))


def cloudformation() -> "CloudFormationClient":
    return cast("CloudFormationClient", _client("cloudformation", _FOR_A_PERSON))


def sts() -> Any:
    return _client("sts", _FOR_A_PERSON)


def dynamodb() -> "DynamoDBClient":
    return cast("DynamoDBClient", _client("dynamodb"))


def stepfunctions() -> "SFNClient":
    return cast("SFNClient", _client("stepfunctions"))


def sns() -> "SNSClient":
    return cast("SNSClient", _client("sns"))


def ses() -> "SESClient":
    """Its calls are not tried again by themselves."""
    return cast("SESClient", _client("ses", _ONCE))


def s3() -> "S3Client":
    return cast("S3Client", _client("s3"))


def secretsmanager() -> "SecretsManagerClient":
    return cast("SecretsManagerClient", _client("secretsmanager"))
