"""Pages of lists, as the APIs ask for them and as the tables give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wegennet.fsc.api.common import Pagination, SortOrder
from wegennet.fsc.manager.store.contracts import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.api.common import Page as PageQuery

T = TypeVar("T")


def asked(query: PageQuery) -> Page:
    """The page that a query asks for, and one entry more: it says whether there is a next page."""
    return Page(query.cursor or None, query.limit + 1, query.sort_order is SortOrder.DESCENDING)


def cut(found: list[T], query: PageQuery, cursor: Callable[[T], str]) -> tuple[list[T], Pagination]:
    """The entries of a page without the one more, and where the next page begins."""
    if len(found) <= query.limit:
        return found, Pagination()
    return found[: query.limit], Pagination(next_cursor=cursor(found[query.limit - 1]))
