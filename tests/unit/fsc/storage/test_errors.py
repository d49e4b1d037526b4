from __future__ import annotations

import psycopg
import pytest

from wegennet.fsc.storage.errors import unavailable


@pytest.mark.parametrize(
    ("error", "later"),
    [
        (psycopg.errors.DeadlockDetected(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.TooManyConnections(), True),
        (psycopg.errors.QueryCanceled(), False),
        (psycopg.errors.UniqueViolation(), False),
    ],
)
def test_what_may_work_later_is_told_from_what_will_not(error: psycopg.Error, later: bool) -> None:
    assert unavailable(error) is later
