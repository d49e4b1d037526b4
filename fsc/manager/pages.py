"""Pages of lists, as the APIs ask for them and as they say where the next one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from wegennet.fsc.api.common import Pagination, SortOrder
from wegennet.fsc.manager.store.pages import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wegennet.fsc.api.common import Page as PageQuery

T = TypeVar("T")


def asked(query: PageQuery) -> Page:
    """The page that a query asks for."""
    return Page(query.cursor or None, query.limit, query.sort_order is SortOrder.DESCENDING)


def after(page: Sequence[T], cursor: Callable[[T], str], *, more: bool) -> Pagination:
    """Where the page after this one begins, when there are more entries."""
    return Pagination(next_cursor=cursor(page[-1])) if more else Pagination()
