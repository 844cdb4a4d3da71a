"""What is kept of the load: read from the local AWS by its own endpoint, and weighed by keeping it once more.

`python -m benchmarks.load.records FILE` puts the items and the bodies of a file into a fresh local AWS that has nothing
else to do, and prints the MB by which its process grows: what local mode must grow by, since its table is in memory.
"""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from benchmarks.servers import ROOT, resident_mb
from benchmarks.units import OVERHEAD_BYTES, row_of, size
from functions import aws
from functions.settings import settings
from functions.store.definition import INDEXES
from local.aws import LocalAws, environment

Item = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """What the local AWS holds: `heads` are the execution ids of its records, `in_flight` those not yet let go of.

    `table_bytes` are as DynamoDB would count them, with the indexes.
    """

    heads: list[str]
    in_flight: list[str]
    table_bytes: int
    bodies_bytes: int


def read(url: str, path: Path) -> Kept:
    """Reads everything that the AWS at `url` keeps, and writes it to a file, for `weight`."""
    heads, in_flight, table_bytes, bodies_bytes = [], [], 0, 0
    with path.open("w", encoding="utf-8") as file:
        for item in _items(url):
            file.write(json.dumps({"item": item}) + "\n")
            rows = [row for row in (item, *(row_of(index, item) for index in INDEXES)) if row]
            table_bytes += sum(size(row) + OVERHEAD_BYTES for row in rows)
            if item["pk"]["S"].startswith("EXEC#") and item["sk"]["S"] == "META":
                heads.append(item["execution_id"]["S"])
                in_flight += [heads[-1]] if "in_flight" in item else []
        for name, bytes_ in _bodies(url):
            file.write(json.dumps({"body": name, "bytes": bytes_}) + "\n")
            bodies_bytes += bytes_
    return Kept(heads, in_flight, table_bytes, bodies_bytes)


def weight(path: Path) -> float:
    """The MB of memory that the local AWS takes to keep what is in a file."""
    command = [sys.executable, "-m", "benchmarks.load.records", str(path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600)
    return float(answer.stdout)


def _items(url: str) -> Iterator[Item]:
    pages = _client("dynamodb", url).get_paginator("scan").paginate(TableName=environment()["TABLE_NAME"])
    for page in pages:
        yield from page["Items"]


def _bodies(url: str) -> Iterator[tuple[str, int]]:
    pages = _client("s3", url).get_paginator("list_objects_v2").paginate(Bucket=environment()["OUTPUTS_BUCKET"])
    for page in pages:
        yield from ((found["Key"], found["Size"]) for found in page.get("Contents", ()))


def _client(service: str, url: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=url,
        region_name=environment()["AWS_REGION"],
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def _keep(path: Path) -> float:
    with LocalAws(engine=False, schedule=None), path.open(encoding="utf-8") as file:
        table, bucket = settings().table_name, settings().outputs_bucket
        warm = {"pk": {"S": "warm"}, "sk": {"S": "META"}}
        aws.dynamodb().put_item(TableName=table, Item=warm)
        aws.s3().put_object(Bucket=bucket, Key="warm", Body=b"")
        gc.collect()
        before = resident_mb(os.getpid())
        for line in file:
            kept = json.loads(line)
            if "item" in kept:
                aws.dynamodb().put_item(TableName=table, Item=kept["item"])
            else:
                aws.s3().put_object(Bucket=bucket, Key=kept["body"], Body=b"x" * kept["bytes"])
        gc.collect()
        return resident_mb(os.getpid()) - before


if __name__ == "__main__":
    print(f"{_keep(Path(sys.argv[1])):.1f}")
