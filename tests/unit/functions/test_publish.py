"""Publishing: every fault at once, and what was read can be sent back."""

from types import SimpleNamespace

import pytest

from functions import publish
from functions.errors import WorkflowFaulty
from functions.store import workflows
from local.aws import LocalAws
from state_machines.errors import Fault, WorkflowInvalid
from tests.unit.functions.samples import ACME, CALLER, chain, condition, task


def test_every_fault_is_told_with_its_path() -> None:
    with pytest.raises(WorkflowFaulty, match="has 2 faults") as error:
        publish.check(chain({"type": "nope"}, {"type": "create_task", "config": {}}))
    assert [fault["path"] for fault in error.value.details["errors"]] == ["actions[0].type", "actions[1].config.title"]


def test_one_fault_is_told_as_one_and_one_of_the_whole_has_no_path() -> None:
    with pytest.raises(WorkflowFaulty) as error:
        publish.check(chain({"type": "nope"}))
    assert error.value.message.startswith("The workflow has a fault at actions[0].type: Unknown type 'nope'")
    whole = publish.faulty(WorkflowInvalid([Fault("", "It is too large"), Fault("name", "is missing")]))
    assert whole.message == "The workflow has 2 faults, the first at its top: It is too large"


def test_what_an_answer_adds_is_ignored_on_the_way_in() -> None:
    added = dict.fromkeys(publish.SERVER_FIELDS, "x")
    assert publish.check({**chain(task("a")), **added}).workflow.name == "Sample"


def test_a_flow_of_decisions_needs_no_machine(cloud: LocalAws) -> None:
    assert publish.prepare(chain(condition("check"))).machine is None


def test_grants_of_one_user_add_up() -> None:
    def entry(user: str, **flags: bool) -> SimpleNamespace:
        return SimpleNamespace(user_id=user, **{"can_view": False, "can_execute": False, "can_edit": False, **flags})

    found = publish.grants_of([entry("u", can_view=True), entry("u", can_edit=True), entry("v")])
    assert found == {"u": {"can_view", "can_edit"}, "v": frozenset()}


def test_a_workflow_is_created_changed_and_archived(cloud: LocalAws) -> None:
    head, version = publish.create(CALLER, ACME, chain(task("a")))
    assert (head.version, head.owner_id, version.number) == (1, "user_admin", 1)
    head, version = publish.update(CALLER, head, chain(task("b"), name="Changed"))
    assert (head.version, head.name, version.number) == (2, "Changed", 2)
    assert publish.archive(head).status == "ARCHIVED"
    found = workflows.read(head.id)
    assert found
    assert (found.status, found.version) == ("ARCHIVED", 2)
