"""Workflows: a head that moves on, and versions that stay."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from functions.store import keys, table, workflows
from functions.store.workflows import VersionRaced, Workflow
from local.aws import LocalAws
from tests.unit.functions.samples import chain, make_version, make_workflow, publish, task


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def moved(workflow: Workflow, title: str = "again") -> Workflow:
    workflow = replace(workflow, version=workflow.version + 1, name=title)
    workflows.move_on(workflow, make_version(workflow, chain(task(title))))
    return workflow


def test_a_workflow_is_read_with_its_current_version() -> None:
    workflow, version = publish(chain(task("a")))
    assert workflows.read_current(workflow.id) == (workflow, version)
    assert workflows.read(workflow.id) == workflow
    assert (workflows.read("0" * 32), workflows.read_current("0" * 32)) == (None, None)


def test_a_new_version_is_current_and_the_old_one_stays() -> None:
    workflow, first = publish(chain(task("a")))
    head, current = workflows.read_current(moved(workflow).id) or (None, None)
    assert head
    assert current
    assert (head.version, head.name, current.number) == (2, "again", 2)
    assert workflows.read_version(workflow.id, 1) == first
    assert [version.number for version in workflows.versions(workflow.id)] == [2, 1]
    assert [version.number for version in workflows.versions(workflow.id, before=2)] == [1]


def test_of_racing_changes_one_moves_the_head_and_the_others_learn_it() -> None:
    workflow, _ = publish(chain(task("a")))

    def change(number: int) -> bool:
        try:
            moved(workflow, f"n{number}")
        except VersionRaced:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(change, range(8))) == 1
    assert [version.number for version in workflows.versions(workflow.id)] == [2, 1]


def test_a_version_that_there_is_not_is_an_error() -> None:
    workflow, _ = publish(chain(task("a")))
    with pytest.raises(LookupError, match="no version 2"):
        workflows.read_version(workflow.id, 2)


def test_grants_are_replaced_as_a_whole() -> None:
    workflow, _ = publish(chain(task("a")), grants={"old": frozenset({"can_edit"})})
    grants = {"new": frozenset({"can_view", "can_execute"})}
    changed = workflows.set_grants(workflow, grants, "2026-11-23T00:00:00.000Z")
    assert workflows.read(workflow.id) == changed == replace(workflow, grants=grants, updated_at=changed.updated_at)


def test_a_status_moves_the_workflow_to_another_list() -> None:
    workflow, _ = publish(chain(task("a")))
    changed = workflows.set_status(workflow, "ARCHIVED", "2026-11-23T00:00:00.000Z")
    assert (changed.status, changed.version) == ("ARCHIVED", 1)
    item = table.get(keys.workflow(workflow.id)) or {}
    assert item["listing"] == workflows.listing(workflow.workspace_id, "ARCHIVED")


def test_a_definition_is_kept_with_every_number_exact() -> None:
    definition = chain(task("a"), variables={"whole": 2**53 + 1, "tenth": 0.1, "long": int("1" * 40)})
    workflow, _ = publish(definition)
    assert workflows.read_version(workflow.id, 1).document["variables"] == definition["variables"]


def test_two_workflows_of_one_id_cannot_be() -> None:
    workflow, version = publish(chain(task("a")))
    with pytest.raises(table.ConditionFailed):
        workflows.create(make_workflow(id=workflow.id), version)
