from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.fsc.manager.group import Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.postgres import Postgres


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Group]:
    """A group with certificates and addresses; its Managers are started by the tests."""
    with Group(tmp_path_factory.mktemp("group"), postgres) as made:
        yield made
