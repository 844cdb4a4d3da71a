"""Paging, as either dialect asks for it: page numbers or offsets, or the cursor of the answer before."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from functions.errors import BadRequest
from functions.request import Request
from functions.routes.fields import Count
from functions.store.listing import DEEPEST, CursorInvalid, Listing, Page, read_page

DEFAULT = 20
MOST = 100


class PageNumbers(BaseModel):
    """Where the rows are in v1's whole list; `next_cursor` is null at its end."""

    model_config = ConfigDict(defer_build=True)

    page: int
    per_page: int
    total: Count
    total_pages: Count
    has_next: bool
    has_prev: bool
    next_cursor: str | None


class Offsets(BaseModel):
    """Where the rows are in workspaces' whole list; `nextCursor` is null at its end."""

    model_config = ConfigDict(defer_build=True, alias_generator=to_camel, populate_by_name=True)

    total: Count
    offset: Count
    limit: int
    has_more: bool
    next_cursor: str | None


@dataclass(frozen=True)
class Paging:
    """Which rows are asked for."""

    offset: int
    limit: int
    cursor: str | None
    cursor_name: str = "cursor"

    def read(self, listing: Listing) -> Page:
        """The page of `listing`. Raises BadRequest for a cursor that is not of this list."""
        try:
            return read_page(listing, offset=self.offset, limit=self.limit, cursor=self.cursor)
        except CursorInvalid:
            raise bad_cursor() from None


def bad_cursor() -> BadRequest:
    """The answer to a cursor that is not of this list."""
    return BadRequest.at("cursor", "Give the cursor of the answer before, with the same filters and order")


def v1_paging(request: Request) -> Paging:
    """`page` and `per_page`, or `cursor`. Raises BadRequest."""
    per_page = request.number("per_page", DEFAULT, 1, MOST)
    page = request.number("page", 1, 1, 10**9)
    return _paging(request, "page", (page - 1) * per_page, per_page)


def workspaces_paging(request: Request) -> Paging:
    """`offset` and `limit`, or `cursor`. Raises BadRequest."""
    limit = request.number("limit", DEFAULT, 1, MOST)
    return _paging(request, "offset", request.number("offset", 0, 0, 10**9), limit)


def v1_pagination(paging: Paging, page: Page, total: int) -> dict[str, Any]:
    """`meta.pagination` of v1, as it is written."""
    return PageNumbers(
        page=paging.offset // paging.limit + 1,
        per_page=paging.limit,
        total=total,
        total_pages=-(-total // paging.limit),
        has_next=page.next_cursor is not None,
        has_prev=paging.offset > 0 or paging.cursor is not None,
        next_cursor=page.next_cursor,
    ).model_dump()


def workspaces_pagination(paging: Paging, page: Page, total: int) -> dict[str, Any]:
    """`pagination` of workspaces, as it is written."""
    return Offsets(
        total=total,
        offset=paging.offset,
        limit=paging.limit,
        has_more=page.next_cursor is not None,
        next_cursor=page.next_cursor,
    ).model_dump(by_alias=True)


def _paging(request: Request, name: str, offset: int, limit: int) -> Paging:
    cursor = request.query.get("cursor")
    if cursor == "":
        raise bad_cursor()
    if cursor is not None and offset:
        raise BadRequest.at(name, "Give either a page number or a cursor")
    if offset + limit > DEEPEST:
        raise BadRequest.at(name, f"Rows beyond {DEEPEST:,} are reached by cursor: follow the cursor of each answer")
    return Paging(offset, limit, cursor)
