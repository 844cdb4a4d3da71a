"""The AWS clients, made when first used and kept for the life of the process.

Every call has a connect and a read timeout and a bounded number of attempts, so that no call outlives its function.
"""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, cast

import boto3
from botocore.config import Config

if TYPE_CHECKING:
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


_making = Lock()


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session()


@cache
def _client(service: str) -> object:
    # A session's clients are safe to share between threads; making one is not.
    with _making:
        return _session().client(service, config=_CONFIG)  # type: ignore[call-overload]


def forget() -> None:
    """Lets go of every client, so that the next ones see the environment as it then is."""
    _client.cache_clear()
    _session.cache_clear()


def dynamodb() -> "DynamoDBClient":
    return cast("DynamoDBClient", _client("dynamodb"))


def stepfunctions() -> "SFNClient":
    return cast("SFNClient", _client("stepfunctions"))


def sns() -> "SNSClient":
    return cast("SNSClient", _client("sns"))


def ses() -> "SESClient":
    return cast("SESClient", _client("ses"))


def s3() -> "S3Client":
    return cast("S3Client", _client("s3"))


def secretsmanager() -> "SecretsManagerClient":
    return cast("SecretsManagerClient", _client("secretsmanager"))
