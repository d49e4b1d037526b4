from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from wegennet.fsc.trial.databases import Databases, dsn_url
from wegennet.fsc.trial.errors import Mistake


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "db.example", "port": "5433"},
        {"host": "db.example", "port": "5432", "sslmode": "verify-full", "sslrootcert": "/etc/ca file.pem"},
        {"host": "/run/postgresql", "port": "5432"},
        {"host": "one.example,two.example", "port": "1,2"},
    ],
)
def test_dsn_says_the_same_as_its_parts(settings: dict[str, str]) -> None:
    read = conninfo_to_dict(dsn_url("a role", "p@ss:w/rd", "a/database", settings))
    assert read == {"user": "a role", "password": "p@ss:w/rd", "dbname": "a/database", **settings}


def test_dsn_looks_as_people_write_it() -> None:
    assert dsn_url("a", "b", "c", {"host": "127.0.0.1", "port": 5432}) == "postgres://a:b@127.0.0.1:5432/c"


def test_dsn_that_cannot_be_read_gets_a_sentence() -> None:
    with pytest.raises(Mistake, match="cannot be read"):
        Databases("no dsn at all")
