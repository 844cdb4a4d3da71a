"""A secret that a workflow uses is nowhere else afterwards, and what users send is in no log and no machine."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.attacks.canary import (
    ANSWER,
    FILE,
    LOG,
    MACHINE,
    PAYLOAD,
    PAYLOAD_CANARY,
    SECRET,
    SECRET_CANARY,
    STORE,
    Finding,
    Notes,
    encodings_of,
    forms_of,
    found_in,
    main,
    read_notes,
)
from tests.e2e.client import ACME, WS, Client, execution_path, node, note
from tests.e2e.service import RunningService
from tests.e2e.target import Seen, Target

PREFIX = "workflow-execution-api"


class Gossip(Target):
    """An API that tells everything it was sent, in every form that it can think of."""

    def answer(self, seen: Seen) -> tuple[int, str, bytes]:
        _, kind, *_ = seen.path.split("/")
        super().answer(seen)
        forms = [form.decode() for form in sorted(encodings_of(SECRET))]
        if kind == "cut":
            # An excerpt of 200 characters ends within the secret.
            return 500, "text/plain", ("x" * 190 + SECRET).encode()
        if kind == "typed":
            return 200, "text/plain; said=" + base64.b64encode(SECRET.encode()).decode(), b"ok"
        basic = [base64.b64encode(f"{user}{SECRET}!".encode()).decode() for user in ("", "u", "us:")]
        told = {"headers": seen.headers, "path": seen.path, "body": seen.body, "forms": forms, "basic": basic}
        return 200, "application/json", json.dumps(told).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("canary")


@pytest.fixture(scope="module")
def gossip() -> Iterator[Gossip]:
    gossip = Gossip()
    yield gossip
    gossip.close()


@pytest.fixture(scope="module")
def told(folder: Path, gossip: Gossip) -> list[str]:
    """What a service answered that was used in all ways, and has ended since: it looked through itself."""
    with RunningService(CALL_API_ALLOW=gossip.address, CANARY=str(folder)) as service:
        client = Client(service.url)
        try:
            return _used(client, service, gossip)
        finally:
            client.close()


def _used(client: Client, service: RunningService, gossip: Gossip) -> list[str]:
    workspace = client.get(WS).json()["workflows"][0]["workspaceId"]
    _aws("secretsmanager", service).create_secret(Name=f"{PREFIX}/{workspace}/canary", SecretString=SECRET)
    workflow = client.publish(*_actions(gossip), name=PAYLOAD)
    execution = client.run(workflow, triggerData={"text": PAYLOAD}, variables={PAYLOAD: PAYLOAD})
    headers = {"User-Agent": PAYLOAD, "Idempotency-Key": PAYLOAD, "X-Other": PAYLOAD}
    answers = [
        client.post(f"{workflow.ws}/execute", json={"triggerData": {"text": PAYLOAD}}, headers=headers),
        client.post(f"{workflow.ws}/execute", json={"dryRun": True, "triggerData": {"text": PAYLOAD}}),
        client.post(f"{workflow.ws}/execute", content=f'{{"triggerData": "{PAYLOAD}"}}'),
        client.post(f"{WS}/validate", json={"name": PAYLOAD, PAYLOAD: 1}),
        client.get(f"{WS}/{PAYLOAD}", params={PAYLOAD: PAYLOAD}, headers=headers),
        client.get(f"{workflow.ws}/executions", params={"status": PAYLOAD}),
        client.get(execution_path(execution)),
        client.get(f"{execution_path(execution)}/stream"),
        client.get(f"{workflow.ws}/history", params={"executionId": execution["id"]}),
        client.get(f"/api/v1/workflows/executions/{execution['id']}?include_metrics=true"),
        client.get(f"{ACME}/notifications"),
    ]
    return [json.dumps(execution), *(answer.text for answer in answers), service.output]


def _actions(gossip: Gossip) -> list[Any]:
    secret = "{{secrets.canary}}"

    def call(name: str, path: str, **config: Any) -> Any:
        url = f"{gossip.url}/{path}"
        return node(name, "call_api", {"url": url, "method": "POST", **config}, onError="continue")

    return [
        note(message="{{trigger.text}}"),
        call("body", "told", body={"value": secret, "text": f"Bearer {secret}!", "list": [secret]}),
        call("query", "told", query={"q": secret}, body=f"it is {secret}"),
        call("cut", "cut", body=secret),
        call("typed", "typed", body=secret),
        node("wrong", "call_api", {"url": secret}, onError="continue"),
        node("kept", "set_variables", {"variables": {"stolen": "{{steps.body.output}}"}}),
        note("last", message="{{trigger.text}}"),
    ]


def test_the_api_was_sent_the_secret(told: list[str], gossip: Gossip) -> None:
    bodies = [seen.body for seen in gossip.seen("/told")]
    assert any(json.loads(body)["value"] == SECRET for body in bodies if body.startswith("{"))
    assert f"it is {SECRET}" in bodies


def test_the_secret_is_in_nothing_that_was_answered(told: list[str]) -> None:
    for text in told:
        assert found_in(text.encode(), ANSWER, [SECRET_CANARY]) == []
    steps = {step["actionId"]: step for step in json.loads(told[0])["steps"]}
    assert [steps[name]["status"] for name in ("body", "query", "cut", "typed", "wrong")] == [
        "success",
        "success",
        "failed",
        "success",
        "failed",
    ]
    assert steps["body"]["output"]["body"]["headers"]["content-type"] == "application/json"


def test_not_even_its_beginning_is_left_where_a_text_was_cut(told: list[str]) -> None:
    (cut,) = (step for step in json.loads(told[0])["steps"] if step["actionId"] == "cut")
    assert cut["error"].endswith("x***")


def test_the_bytes_around_its_base64_give_none_of_it_away(told: list[str]) -> None:
    (body,) = (step for step in json.loads(told[0])["steps"] if step["actionId"] == "body")
    assert [len(text.replace("***", "")) <= 8 for text in body["output"]["body"]["basic"]] == [True] * 3


def test_the_service_found_no_canary_in_itself(told: list[str], folder: Path) -> None:
    findings, looked = read_notes(folder)
    assert findings == []
    assert looked[STORE] > 1000
    assert min(looked[place] for place in (LOG, MACHINE, ANSWER)) > 10
    assert main(folder, []) == 0


def test_what_users_send_is_where_it_belongs(told: list[str]) -> None:
    execution, *_, log = told
    assert PAYLOAD in execution
    assert PAYLOAD not in log


def test_a_canary_that_was_planted_in_the_stores_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = base64.b64encode(b"user:" + SECRET.encode()).decode()
    with RunningService(CANARY=str(tmp_path)) as service:
        item = {"pk": {"S": "EXEC#1"}, "sk": {"S": "META"}, "body": {"S": json.dumps({"header": f"Basic {code}"})}}
        _aws("dynamodb", service).put_item(TableName="workflows", Item=item)
    findings, _ = read_notes(tmp_path)
    assert [(one["canary"], one["place"]) for one in findings] == [("the secret", STORE)]
    assert main(tmp_path, []) == 1
    assert "the secret is in a store" in capsys.readouterr().out


def test_a_canary_in_an_object_or_in_a_machines_input_is_found(tmp_path: Path) -> None:
    with RunningService(CANARY=str(tmp_path / "s3")) as service:
        _aws("s3", service).put_object(Bucket="outputs", Key="outputs/1.json", Body=json.dumps([SECRET]).encode())
    with RunningService(CANARY=str(tmp_path / "machine")) as service:
        client = _aws("stepfunctions", service)
        machine = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
        client.start_execution(stateMachineArn=machine, name="planted", input=json.dumps({"user": PAYLOAD}))
    assert [one["canary"] for one in read_notes(tmp_path / "s3")[0]] == ["the secret"]
    assert [one["canary"] for one in read_notes(tmp_path / "machine")[0]] == ["the payload"]


@pytest.mark.parametrize("form", sorted(forms_of(SECRET)))
def test_the_search_finds_every_form(form: bytes) -> None:
    (finding,) = found_in(b"before " + form + b" after", LOG, [SECRET_CANARY, PAYLOAD_CANARY])
    assert finding.canary == "the secret"


@pytest.mark.parametrize("before", range(6))
@pytest.mark.parametrize("after", range(3))
def test_the_search_finds_base64_wherever_the_secret_is_in_it(before: int, after: int) -> None:
    told = b"b" * before + SECRET.encode() + b"a" * after
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert found_in(b'{"Authorization": "Basic ' + encode(told) + b'"}', ANSWER, [SECRET_CANARY])


def test_the_search_finds_nothing_where_nothing_is() -> None:
    assert found_in(SECRET.encode()[:-4], LOG, [SECRET_CANARY]) == []
    assert found_in(PAYLOAD.encode(), STORE, [PAYLOAD_CANARY]) == []


def test_a_canary_that_is_left_in_a_file_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notes = Notes(tmp_path / "canary" / "1.jsonl")
    notes.looked(Counter(dict.fromkeys((LOG, MACHINE, STORE, ANSWER), 1)))
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "trace.txt").write_text(f"Authorization: {SECRET}")
    assert main(tmp_path / "canary", [tmp_path / "left"]) == 1
    assert "trace.txt" in capsys.readouterr().out
    assert found_in(SECRET.encode(), FILE, [SECRET_CANARY]) == [Finding("the secret", FILE, repr(SECRET.encode()))]


def test_a_run_that_looked_nowhere_does_not_pass(tmp_path: Path) -> None:
    assert main(tmp_path, []) == 1


def _aws(name: str, service: RunningService) -> Any:
    """As `aws --endpoint-url` talks to the local AWS."""
    session: Any = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1")
    return session.client(name, endpoint_url=service.aws_url)
