"""The admin command against a running service: from an empty workspace to a first call, and everything twice."""

import os
import socket
from collections.abc import Iterator
from typing import Any

import boto3
import httpx
import pytest

from tests.e2e.client import Client, error_of, note, until
from tests.e2e.commands import Admin, Ran
from tests.e2e.service import RunningService

INITECH = ("workspaces", "create", "--slug", "initech", "--name", "Initech Ltd", "--community", "789", "--json")


@pytest.fixture(scope="module")
def run(service: RunningService) -> Admin:
    return Admin(service.aws_url)


@pytest.fixture(scope="module")
def initech(run: Admin) -> Any:
    return run(*INITECH)


@pytest.fixture
def clients_of(service: RunningService) -> Iterator[Any]:
    """Makes clients by the values of their keys."""
    made: list[Client] = []

    def make(value: str) -> Client:
        made.append(Client(service.url, value))
        return made[-1]

    yield make
    for client in made:
        client.close()


def status(client: Client, slug: str = "initech") -> int:
    return client.get(f"/api/workspaces/{slug}/workflows").status_code


def publish(client: Client) -> httpx.Response:
    return client.post("/api/workspaces/initech/workflows", json={"name": "Tested", "actions": [note()]})


class TestWorkspaces:
    def test_one_is_made_once(self, run: Admin, initech: Ran) -> None:
        made = initech.document
        wanted = {"created": True, "slug": "initech", "name": "Initech Ltd", "community_id": 789}
        assert wanted.items() <= made.items()
        (line,) = initech.trail
        wanted = {"action": "create_workspace", "community": 789, "workspace_id": made["workspace_id"]}
        assert wanted.items() <= line.items()
        assert line["user"].startswith("arn:aws:sts::")
        again = run(*INITECH)
        assert again.document == made | {"created": False}
        assert again.trail == []

    @pytest.mark.parametrize(
        ("slug", "community", "said"),
        [
            ("acme", "7890", "the slug acme by acme"),
            ("other", "123", "the community 123 by acme"),
            ("globex", "123", "the slug globex by globex"),
        ],
    )
    def test_what_is_taken_is_named(self, run: Admin, slug: str, community: str, said: str) -> None:
        refused = run("workspaces", "create", "--slug", slug, "--name", "Other", "--community", community)
        assert (refused.code, refused.out) == (1, "")
        assert said in refused.err

    def test_all_are_listed_and_each_is_shown_with_its_members(self, run: Admin, initech: Ran) -> None:
        listed = run.json("workspaces list")["workspaces"]
        assert [each["slug"] for each in listed[:2]] == ["acme", "globex"]
        assert "initech" in [each["slug"] for each in listed]
        acme = run.json("workspaces show acme")
        assert acme["community_id"] == 123
        assert {"user": "user_viewer", "role": "viewer"} in acme["members"]
        assert run.json(f"workspaces show {acme['workspace_id']}") == acme

    def test_a_person_reads_tables(self, run: Admin) -> None:
        heading, acme, *_ = run("workspaces", "list").out.splitlines()
        assert heading.split() == ["SLUG", "NAME", "COMMUNITY", "ID", "WORKSPACE", "ID"]
        assert heading.index("WORKSPACE") == acme.index("ws_")


class TestMembersAndKeys:
    def test_a_user_goes_from_nothing_to_a_first_call(self, run: Admin, initech: Ran, clients_of: Any) -> None:
        assert run.json("members set --workspace initech --user milton --role viewer")["changed"]
        made = run.json("keys create --user milton --tier standard --name stapler")
        milton = clients_of(made["value"])
        assert status(milton) == 200
        assert status(milton, "acme") == 403
        assert publish(milton).status_code == 403
        run.json("members set --workspace initech --user milton --role member")
        assert publish(milton).status_code == 201
        run.json("members remove --workspace initech --user milton")
        assert status(milton) == 403

    def test_a_change_of_role_is_made_once(self, run: Admin, initech: Ran) -> None:
        line = ["members", "set", "--workspace", "initech", "--user", "bill", "--role", "admin", "--json"]
        first, second = run(*line), run(*line)
        assert (first.document["changed"], second.document["changed"]) == (True, False)
        assert [(each["action"], each["member"], each["role"]) for each in first.trail] == [
            ("set_member", "bill", "admin")
        ]
        assert second.trail == []
        assert {"user": "bill", "role": "admin"} in run.json("members list --workspace initech")["members"]
        gone = [run.json("members remove --workspace initech --user bill")["removed"] for _ in range(2)]
        assert gone == [True, False]

    def test_a_value_is_shown_once_and_is_in_no_log(self, run: Admin, service: RunningService) -> None:
        line = ["keys", "create", "--user", "peter", "--tier", "premium", "--name", "desk 1"]
        first, second = run(*line), run(*line, "--json")
        value = first.out.split()[first.out.split().index("now:") + 1]
        assert first.out.count(value) == 1
        assert "peter has no role" in first.out
        assert value not in first.err + service.output
        assert second.document["created"] is False
        assert "value" not in second.document
        assert value not in second.out + second.err + run("keys", "list").out

    def test_another_tier_under_the_same_name_is_refused(self, run: Admin) -> None:
        run.json("keys create --user lumbergh --tier standard --name car")
        refused = run("keys", "create", "--user", "lumbergh", "--tier", "premium", "--name", "car")
        assert refused.code == 1
        assert "another name" in refused.err

    def test_a_value_that_nobody_reads_is_never_in_use(self, run: Admin) -> None:
        line = ["keys", "create", "--user", "smykowski", "--tier", "standard", "--name", "jump"]
        ends = os.pipe()
        os.close(ends[0])
        lost = run(*line, out=ends[1])
        os.close(ends[1])
        assert lost.code == 1
        assert lost.err.startswith("The output went nowhere (Broken pipe): run the same command again.")
        assert [key["status"] for key in run.json("keys list --user smykowski")["keys"]] == ["unfinished"]
        assert run(*line, "--json").document["created"]
        assert [key["status"] for key in run.json("keys list --user smykowski")["keys"]] == ["active"]

    def test_a_rotated_key_gives_way_to_the_new_one(self, run: Admin, initech: Ran, clients_of: Any) -> None:
        run.json("members set --workspace initech --user samir --role member")
        old = run.json("keys create --user samir --tier standard --name desk")
        before = clients_of(old["value"])
        assert status(before) == 200
        new = run.json(f"keys rotate {old['key_id']}")
        assert (new["created"], new["user"], new["name"], new["tier"]) == (True, "samir", "desk", "standard")
        assert new["replaces"] == old["key_id"]
        assert status(clients_of(new["value"])) == 200
        assert error_of(before.get("/api/workspaces/initech/workflows")) == (401, "UNAUTHORIZED")
        again = run.json(f"keys rotate {old['key_id']}")
        assert (again["created"], again["key_id"]) == (False, new["key_id"])

    def test_both_keys_work_while_the_old_one_is_kept(self, run: Admin, initech: Ran, clients_of: Any) -> None:
        run.json("members set --workspace initech --user joanna --role member")
        old = run.json("keys create --user joanna --tier standard --name flair")
        new = run.json(f"keys rotate {old['key_id']} --keep-old")
        assert [status(clients_of(key["value"])) for key in (old, new)] == [200, 200]
        listed = run.json("keys list --user joanna")["keys"]
        assert [key["key_id"] for key in listed] == [old["key_id"], new["key_id"]]
        assert run.json(f"keys revoke {old['key_id']}")["revoked"]
        assert [status(clients_of(key["value"])) for key in (old, new)] == [401, 200]

    def test_a_revoked_key_stops_within_seconds(self, run: Admin, initech: Ran, clients_of: Any) -> None:
        run.json("members set --workspace initech --user drew --role viewer")
        key = run.json("keys create --user drew --tier standard --name desk")
        drew = clients_of(key["value"])
        assert status(drew) == 200
        revoked = run("keys", "revoke", key["key_id"], "--json")
        assert revoked.document == {"revoked": True, "key_id": key["key_id"]}
        assert [line["action"] for line in revoked.trail] == ["revoke_key"]
        until(lambda: status(drew) == 401, seconds=3)
        assert run.json(f"keys revoke {key['key_id']}")["revoked"] is False
        assert run.json("keys list --user drew")["keys"] == []

    def test_a_key_that_is_disabled_is_refused(
        self, run: Admin, initech: Ran, clients_of: Any, service: RunningService
    ) -> None:
        key = run.json("keys create --user nina --tier standard --name desk")
        client: Any = boto3.client(
            "apigateway",
            endpoint_url=service.aws_url,
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        operations = [{"op": "replace", "path": "/enabled", "value": "false"}]
        client.update_api_key(apiKey=key["key_id"], patchOperations=operations)
        assert status(clients_of(key["value"])) == 401
        assert [each["status"] for each in run.json("keys list --user nina")["keys"]] == ["disabled"]

    def test_the_demos_users_are_listed(self, run: Admin) -> None:
        members = run.json("members list --workspace acme")["members"]
        assert {"user": "user_admin", "role": "admin"} in members
        demo = [key for key in run.json("keys list")["keys"] if key["name"] == "demo"]
        assert {key["user"]: key["tier"] for key in demo}["user_standard"] == "standard"
        assert {key["status"] for key in demo} == {"active"}


def test_the_tickets_secret_is_rotated_once_a_day(run: Admin) -> None:
    rotated, again = run("tickets", "rotate", "--json"), run("tickets", "rotate", "--json")
    assert rotated.document == {"rotated": True}
    assert [line["action"] for line in rotated.trail] == ["rotate_tickets"]
    assert (again.code, again.out) == (1, "")
    assert "wait until then, or give --force" in again.err


class TestFaults:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--stack", "nope", "workspaces", "list"], "There is no stack nope in us-east-1"),
            (["workspaces", "show", "nope"], "There is no workspace nope: `workspaces list`"),
            (["members", "list", "--workspace", "nope"], "There is no workspace nope"),
            (["keys", "rotate", "nope"], "There is no key nope: `keys list`"),
            (["--profile", "nope", "workspaces", "list"], "(nope) could not be found"),
        ],
    )
    def test_each_is_one_sentence(self, run: Admin, arguments: list[str], said: str) -> None:
        refused = run(*arguments)
        assert (refused.code, refused.out) == (1, "")
        assert said in refused.err
        assert len(refused.err.splitlines()) == 1

    def test_an_endpoint_that_nobody_serves_is_named(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            refused = Admin(url)("workspaces", "list")
        assert refused.code == 1
        assert refused.err.startswith(f"{url} does not answer.")

    def test_without_credentials_only_the_local_service_answers(self, service: RunningService) -> None:
        """Another address of this machine that is no loopback one, as far as its name says."""
        elsewhere = Admin("http://elsewhere.invalid:1")
        refused = elsewhere("--region", "us-east-1", "workspaces", "list", AWS_EC2_METADATA_DISABLED="true")
        assert (refused.code, refused.out) == (1, "")
        assert refused.err.startswith("There are no AWS credentials. Sign in")
