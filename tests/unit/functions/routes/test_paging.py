"""Paging: checked, never clamped."""

import pytest

from functions.errors import BadRequest
from functions.request import Request
from functions.routes.paging import Paging, v1_pagination, v1_paging, workspaces_pagination, workspaces_paging
from functions.store.listing import Page


def asked(**query: str) -> Request:
    return Request({}, {}, query, {})


def test_pages_and_offsets_are_rows() -> None:
    assert v1_paging(asked(page="3", per_page="10")) == Paging(20, 10, None)
    assert workspaces_paging(asked(offset="20", limit="10")) == Paging(20, 10, None)
    assert v1_paging(asked()) == workspaces_paging(asked()) == Paging(0, 20, None)


@pytest.mark.parametrize(
    "query",
    [{"page": "0"}, {"page": ""}, {"per_page": "101"}, {"per_page": "x"}, {"cursor": ""}, {"cursor": "x", "page": "2"}],
)
def test_a_bad_page_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest) as error:
        v1_paging(asked(**query))
    assert error.value.details["errors"][0]["path"] in query


@pytest.mark.parametrize("query", [{"offset": "-1"}, {"limit": "0"}, {"limit": ""}, {"cursor": "x", "offset": "1"}])
def test_a_bad_offset_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        workspaces_paging(asked(**query))


def test_the_deepest_row_is_reached_by_number_and_the_one_behind_by_cursor_only() -> None:
    assert v1_paging(asked(page="100", per_page="100")).offset == 9_900
    assert workspaces_paging(asked(offset="9980")).offset == 9_980
    with pytest.raises(BadRequest, match="cursor"):
        v1_paging(asked(page="101", per_page="100"))
    with pytest.raises(BadRequest, match="cursor"):
        workspaces_paging(asked(offset="9981"))


def test_a_page_tells_where_it_is() -> None:
    page = Page([], "next")
    assert v1_pagination(Paging(20, 10, None), page, 31) == {
        "page": 3,
        "per_page": 10,
        "total": 31,
        "total_pages": 4,
        "has_next": True,
        "has_prev": True,
        "next_cursor": "next",
    }
    last = workspaces_pagination(Paging(30, 10, None), Page([], None), 31)
    assert last == {"total": 31, "offset": 30, "limit": 10, "hasMore": False, "nextCursor": None}
