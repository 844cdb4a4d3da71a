"""What the stack creates on AWS beside the table, put straight into moto: a client for each service takes a second."""

import json
import secrets
from collections.abc import Iterable
from typing import Any

from moto.backends import get_backend

_ANYONE = json.dumps({"Version": "2012-10-17", "Statement": []})


def create(
    account: str,
    region: str,
    *,
    topic: str,
    bucket: str,
    sender: str,
    secret: str,
    roles: Iterable[str],
    functions: Iterable[str],
) -> None:
    """A topic, a bucket, a verified sender of e-mail, a secret of random text, roles and functions, all by name.

    The functions have the first role.
    """

    def backend(service: Any, place: str = region) -> Any:
        return get_backend(service)[account][place]

    backend("sns").create_topic(topic)
    backend("s3", "aws").create_bucket(bucket, region)
    backend("ses").verify_email_identity(sender)
    _create_secret(backend("secretsmanager"), secret)
    arns = [_create_role(backend("iam", "aws"), name) for name in roles]
    for name in functions:
        backend("lambda").create_function(
            {
                "FunctionName": name,
                "Runtime": "python3.13",
                "Role": arns[0],
                "Handler": f"functions.{name}.handler",
                "Code": {"ZipFile": "LQ=="},
            }
        )


def _create_role(iam: Any, name: str) -> str:
    role = iam.create_role(
        role_name=name,
        assume_role_policy_document=_ANYONE,
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    return str(role.arn)


def _create_secret(secretsmanager: Any, name: str) -> None:
    secretsmanager.create_secret(
        name=name,
        secret_string=secrets.token_urlsafe(48),
        secret_binary=None,
        description=None,
        tags=None,
        kms_key_id=None,
        client_request_token=None,
        replica_regions=[],
        force_overwrite=False,
    )
