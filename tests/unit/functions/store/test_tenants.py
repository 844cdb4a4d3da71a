"""Workspaces."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from functions.store import keys, table
from functions.store.tenants import (
    Taken,
    Workspace,
    all_workspaces,
    find_community,
    find_workspace,
    save_workspace,
    workspace_key,
)
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


GLOBEX = Workspace(id="ws_" + "b" * 32, slug="globex", name="Globex", community_id=456)


@pytest.mark.parametrize(
    ("clash", "said"),
    [
        ({"slug": "acme"}, "the slug acme by acme"),
        ({"community_id": 123}, "the community 123 by acme"),
        ({"slug": "acme", "community_id": 123}, "the slug acme by acme"),
    ],
)
def test_no_second_workspace_takes_a_slug_or_a_community(clash: dict[str, object], said: str) -> None:
    save_workspace(ACME)
    with pytest.raises(Taken, match=said):
        save_workspace(replace(GLOBEX, **clash))  # type: ignore[arg-type]
    assert table.get(keys.workspace_by_id(GLOBEX.id)) is None


def test_a_slug_and_a_community_of_different_workspaces_are_both_named() -> None:
    save_workspace(ACME)
    save_workspace(GLOBEX)
    with pytest.raises(Taken, match=r"the slug acme by .* and the community 456 by globex"):
        save_workspace(Workspace(id="ws_" + "c" * 32, slug="acme", name="Third", community_id=456))


def test_an_equal_workspace_is_the_one_that_is_there() -> None:
    save_workspace(ACME)
    assert save_workspace(replace(ACME, id="ws_" + "c" * 32)) == ACME
    assert table.get(keys.workspace_by_id("ws_" + "c" * 32)) is None
    with pytest.raises(Taken, match="Acme"):
        save_workspace(replace(ACME, name="Acme Ltd"))


def test_of_racing_equal_workspaces_there_is_one() -> None:
    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda n: save_workspace(replace(ACME, id=f"ws_{n:032x}")), range(8)))
    assert len({workspace.id for workspace in saved}) == 1
    assert list(all_workspaces()) == saved[:1]


def test_all_workspaces_are_listed_once_each_in_the_order_of_their_ids() -> None:
    assert list(all_workspaces()) == []
    save_workspace(GLOBEX)
    save_workspace(ACME)
    assert list(all_workspaces()) == [ACME, GLOBEX]


def test_an_unknown_slug_is_no_workspace() -> None:
    assert find_workspace("nope") is None
