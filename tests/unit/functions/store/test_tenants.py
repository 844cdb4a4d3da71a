"""Workspaces and keys."""

from dataclasses import replace

import pytest

from functions.store import keys, table
from functions.store.tenants import Key, Role, Taken, Workspace, find_community, save_key, save_workspace, workspace_key
from local.aws import LocalAws
from tests.unit.functions.samples import ACME


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    """Every test begins with an empty table."""


def test_a_workspace_is_found_by_its_slug_its_id_and_its_community() -> None:
    save_workspace(ACME)
    for place in (workspace_key("acme"), workspace_key(ACME.id)):
        assert Workspace.from_item(table.get(place) or {}) == ACME
    assert find_community(123) == ACME
    assert find_community(124) is None


@pytest.mark.parametrize("clash", [{"slug": "acme"}, {"community_id": 123}])
def test_no_second_workspace_takes_a_slug_or_a_community(clash: dict[str, object]) -> None:
    save_workspace(ACME)
    fields = {"id": "ws_" + "b" * 32, "slug": "globex", "name": "Globex", "community_id": 456, **clash}
    with pytest.raises(Taken):
        save_workspace(Workspace(**fields))  # type: ignore[arg-type]
    assert table.get(keys.workspace_by_id("ws_" + "b" * 32)) is None


def test_a_workspace_can_be_saved_again_under_a_new_name() -> None:
    save_workspace(ACME)
    save_workspace(replace(ACME, name="Acme Ltd"))
    found = find_community(123)
    assert found
    assert found.name == "Acme Ltd"


def test_a_key_is_read_as_it_was_saved() -> None:
    saved = Key(id="key_1", user="user_1", tier="premium", roles={ACME.id: Role.MEMBER})
    save_key(saved)
    assert Key.from_item(table.get(keys.api_key("key_1")) or {}) == saved
