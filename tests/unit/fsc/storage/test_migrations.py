from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from wegennet.fsc.storage.database import Database
from wegennet.fsc.storage.errors import DatabaseUnavailableError, SchemaError
from wegennet.fsc.storage.migrations import check, migrate, migrations

if TYPE_CHECKING:
    from pathlib import Path

    from support.postgres import Postgres

PACKAGE = "made_for_test"


class Component:
    """A package with migrations, made in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / PACKAGE / "migrations"
        self.folder.mkdir(parents=True)
        (folder / PACKAGE / "__init__.py").touch()

    def add(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


@pytest.fixture
def component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Component:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, PACKAGE, raising=False)
    made = Component(tmp_path)
    made.add("0001_things.sql", "CREATE TABLE things (id int);")
    return made


def checked(dsn: str) -> None:
    async def run() -> None:
        database = Database(dsn)
        await database.open()
        try:
            await check(database, PACKAGE)
        finally:
            await database.close()

    asyncio.run(run())


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_migrations_are_applied_in_order_and_once(component: Component, postgres: Postgres) -> None:
    component.add("0002_more.sql", "ALTER TABLE things ADD COLUMN name text; INSERT INTO things VALUES (1, 'a');")
    dsn = postgres.fresh_database()
    assert [str(one) for one in migrate(dsn, PACKAGE)] == ["0001_things", "0002_more"]
    assert migrate(dsn, PACKAGE) == []
    assert rows(dsn, "SELECT id, name FROM things") == [(1, "a")]


def test_only_what_is_new_is_applied(component: Component, postgres: Postgres) -> None:
    dsn = postgres.fresh_database()
    migrate(dsn, PACKAGE)
    component.add("0002_more.sql", "ALTER TABLE things ADD COLUMN name text;")
    assert [one.version for one in migrate(dsn, PACKAGE)] == [2]


def test_replicas_that_migrate_at_once_apply_each_migration_once(component: Component, postgres: Postgres) -> None:
    component.add("0002_row.sql", "INSERT INTO things VALUES (1);")
    dsn = postgres.fresh_database()
    with ThreadPoolExecutor(8) as threads:
        applied = list(threads.map(lambda _: migrate(dsn, PACKAGE), range(8)))
    assert sorted(one.version for some in applied for one in some) == [1, 2]
    assert rows(dsn, "SELECT count(*) FROM things") == [(1,)]


def test_a_migration_that_fails_leaves_nothing_behind(component: Component, postgres: Postgres) -> None:
    component.add("0002_bad.sql", "CREATE TABLE half (id int); SELECT 1 / 0;")
    dsn = postgres.fresh_database()
    with pytest.raises(SchemaError, match="Migration 0002_bad failed and nothing of it was applied: division by zero"):
        migrate(dsn, PACKAGE)
    assert rows(dsn, "SELECT max(version), to_regclass('half') FROM schema_migrations") == [(1, None)]


def test_a_role_that_may_not_make_tables_is_told_so(component: Component, postgres: Postgres) -> None:
    dsn = postgres.fresh_database()
    with psycopg.connect(dsn, autocommit=True) as administrator:
        administrator.execute("CREATE ROLE reader LOGIN")
    try:
        with pytest.raises(SchemaError, match="permission denied for schema public"):
            migrate(dsn.replace("postgres@", "reader@"), PACKAGE)
    finally:
        with psycopg.connect(dsn, autocommit=True) as administrator:
            administrator.execute("DROP ROLE reader")


def test_a_current_schema_is_accepted(component: Component, postgres: Postgres) -> None:
    dsn = postgres.fresh_database()
    migrate(dsn, PACKAGE)
    checked(dsn)


def test_a_schema_ahead_of_the_code_is_accepted(component: Component, postgres: Postgres) -> None:
    dsn = postgres.fresh_database()
    component.add("0002_newer.sql", "SELECT 1;")
    migrate(dsn, PACKAGE)
    (component.folder / "0002_newer.sql").unlink()
    checked(dsn)


def test_a_schema_that_is_behind_is_refused_with_the_command_to_run(component: Component, postgres: Postgres) -> None:
    dsn = postgres.fresh_database()
    migrate(dsn, PACKAGE)
    component.add("0002_newer.sql", "SELECT 1;")
    with pytest.raises(SchemaError, match=r"lacks migration 0002_newer.*run `fsc made_for_test migrate up` first"):
        checked(dsn)


def test_an_empty_database_is_refused_with_the_command_to_run(component: Component, postgres: Postgres) -> None:
    with pytest.raises(SchemaError, match=r"The database is empty.*migrate up"):
        checked(postgres.fresh_database())


@pytest.mark.parametrize("act", [checked, lambda dsn: migrate(dsn, PACKAGE)])
def test_the_database_of_another_component_is_refused(component: Component, postgres: Postgres, act: object) -> None:
    dsn = postgres.fresh_database()
    migrate(dsn, PACKAGE)
    (component.folder / "0001_things.sql").rename(component.folder / "0001_others.sql")
    with pytest.raises(SchemaError, match=r"its migration 0001 is things, not others"):
        act(dsn)  # type: ignore[operator]


def test_numbers_with_a_gap_are_refused(component: Component) -> None:
    component.add("0003_gap.sql", "SELECT 1;")
    with pytest.raises(ValueError, match="without a gap"):
        migrations(PACKAGE)


def test_a_file_with_another_name_is_refused(component: Component) -> None:
    component.add("notes.txt", "")
    with pytest.raises(ValueError, match=r"notes.txt is not named NNNN_name.sql"):
        migrations(PACKAGE)


def test_a_server_that_does_not_answer_is_given_up_in_time(component: Component) -> None:
    with pytest.raises(DatabaseUnavailableError, match="cannot be reached"):
        migrate("postgres://nobody:secret@127.0.0.1:1/none", PACKAGE, patience=0.05)
