"""Bodies too large for the table: JSON text in S3, under names that follow from the execution."""

from functions import aws
from functions.settings import settings

IN_TABLE = 100_000
"""Bytes of a body that are kept in the table; a larger one is kept here."""


def size_of(text: str) -> int:
    """The bytes of a text."""
    return len(text.encode("utf-8", "surrogatepass"))


def put(execution_id: str, name: str, text: str) -> None:
    """Keeps a body; the same name is the same body, so keeping it again changes nothing."""
    body = text.encode("utf-8", "surrogatepass")
    aws.s3().put_object(Bucket=settings().outputs_bucket, Key=_key(execution_id, name), Body=body)


def get(execution_id: str, name: str) -> str:
    """The body of that name."""
    answer = aws.s3().get_object(Bucket=settings().outputs_bucket, Key=_key(execution_id, name))
    return answer["Body"].read().decode("utf-8", "surrogatepass")


def _key(execution_id: str, name: str) -> str:
    return f"executions/{execution_id}/{name}.json"
