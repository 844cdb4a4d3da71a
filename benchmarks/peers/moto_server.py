"""moto's own server: five Pass states, in memory."""

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.client import Connection, Unexpected
from benchmarks.peers.peer import Connect, Peer, program
from benchmarks.samples import Run

POLL_SECONDS = 0.01
_ROLE = "arn:aws:iam::123456789012:role/machine"


def find() -> list[str] | None:
    server = program("moto_server")
    return [server] if server else None


@contextmanager
def serve(command: list[str], scratch: Path) -> Iterator[Connect]:
    port = servers.free_port()
    url = f"http://127.0.0.1:{port}"
    with servers.serving([*command, "-H", "127.0.0.1", "-p", str(port)], url, path="/moto-api/"):
        Connection(url).post("/moto-api/config", {"stepfunctions": {"execute_state_machine": True}})
        machine = _Client(url).call("CreateStateMachine", name="five", definition=json.dumps(_five()), roleArn=_ROLE)

        def connect() -> Run:
            client = _Client(url)
            return lambda: client.run(machine["stateMachineArn"])

        yield connect


class _Client:
    """Step Functions' JSON protocol, unsigned: moto asks for no more."""

    def __init__(self, url: str) -> None:
        credential = "Credential=local/20260101/us-east-1/states/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"
        headers = {"Content-Type": "application/x-amz-json-1.0", "Authorization": authorization}
        self._connection = Connection(url, headers)

    def call(self, action: str, **arguments: str) -> Any:
        status, answer = self._connection.post("/", arguments, {"X-Amz-Target": f"AWSStepFunctions.{action}"})
        if status != 200:
            raise Unexpected(f"{action}: {answer}")
        return answer

    def run(self, machine: str) -> None:
        started = self.call("StartExecution", stateMachineArn=machine, name=str(uuid.uuid4()), input="{}")
        while (status := self._status(started["executionArn"])) == "RUNNING":
            time.sleep(POLL_SECONDS)
        if status != "SUCCEEDED":
            raise Unexpected(f"the execution is {status}")

    def _status(self, arn: str) -> str:
        status: str = self.call("DescribeExecution", executionArn=arn)["status"]
        return status


def _five() -> dict[str, Any]:
    following = {f"step {n}": {"Type": "Pass", "Next": f"step {n + 1}"} for n in range(1, 5)}
    return {"StartAt": "step 1", "States": {**following, "step 5": {"Type": "Pass", "End": True}}}


PEER = Peer("moto_server, five Pass, no record", "10 ms poll", find, serve)
