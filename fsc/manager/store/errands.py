"""What must still be done at another party: durable, and leased, so that a replica that is killed loses nothing.

All times are the database's: the clocks of replicas need not agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from wegennet.fsc.storage.database import Connection, Database

LANE_WIDTH: Final = 4
"""How many errands are under way for one party at once, over all replicas (about: two may claim at the same moment)."""


class Action(StrEnum):
    """What is to be done."""

    SUBMIT_CONTRACT = "submit_contract"
    SUBMIT_ACCEPT = "submit_accept_signature"
    SUBMIT_REJECT = "submit_reject_signature"
    SUBMIT_REVOKE = "submit_revoke_signature"
    PULL = "pull"
    DECIDE = "decide"


@dataclass(frozen=True, slots=True)
class Errand:
    """An errand that this process has claimed.

    `attempts` counts all tries, this one included; `failures` those before it since it last went well; `generation` the
    signatures that it was made for.
    """

    content_hash: str
    peer_id: str
    action: Action
    generation: int
    attempts: int
    failures: int
    lease: UUID


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an errand is, for people."""

    peer_id: str
    action: Action
    attempts: int
    last_error: str | None
    made_at: datetime
    tried_at: datetime | None
    due_at: datetime
    done_at: datetime | None


async def add(
    connection: Connection, content_hash: str, peer_ids: Iterable[str], action: Action, *, after: float = 0.0
) -> None:
    """Makes an errand for each peer, due `after` seconds from now; one that exists is due again for what is new."""
    await connection.execute(
        """
        INSERT INTO errands (content_hash, peer_id, action, due_at)
        SELECT %(content_hash)s, peer_id, %(action)s, now() + make_interval(secs => %(after)s)
        FROM unnest(%(peer_ids)s::text[]) AS peer_id ORDER BY peer_id
        ON CONFLICT (content_hash, peer_id, action) DO UPDATE
        SET generation = errands.generation + 1, failures = 0, unreachable = false, last_error = NULL,
            due_at = excluded.due_at, made_at = now(), done_at = NULL
        """,
        {"content_hash": content_hash, "peer_ids": list(peer_ids), "action": action, "after": after},
    )


async def claim(connection: Connection, holder: UUID, lease_seconds: float) -> Errand | None:
    """Takes the errand that is due the longest, of a party that is not busy with others; None when there is none.

    Args:
        connection: in a transaction.
        holder: who takes it, until the lease runs out.
        lease_seconds: of the lease.
    """
    cursor = await connection.execute(
        """
        WITH next AS (
            SELECT content_hash, peer_id, action FROM errands
            WHERE done_at IS NULL AND due_at <= now() AND leased_until < now() AND lane NOT IN (
                SELECT lane FROM errands WHERE done_at IS NULL AND leased_until >= now()
                GROUP BY lane HAVING count(*) >= %(lane_width)s)
            ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        UPDATE errands
        SET leased_until = now() + make_interval(secs => %(seconds)s), lease = %(lease)s, tried_at = now(),
            attempts = attempts + 1
        FROM next
        WHERE (errands.content_hash, errands.peer_id, errands.action) = (next.content_hash, next.peer_id, next.action)
        RETURNING errands.content_hash, errands.peer_id, errands.action, generation, attempts, failures,
            lease
        """,
        {"lane_width": LANE_WIDTH, "seconds": lease_seconds, "lease": holder},
    )
    row = await cursor.fetchone()
    return None if row is None else Errand(**{**row, "action": Action(row["action"])})


async def seconds_to_next(connection: Connection) -> float | None:
    """Seconds until an errand is due (0 when one is); None when none is waiting. Errands under way don't count."""
    cursor = await connection.execute(
        """
        SELECT extract(epoch FROM min(due_at) - now())::float8 AS seconds FROM errands
        WHERE done_at IS NULL AND leased_until < now()
        """
    )
    row = await cursor.fetchone()
    return None if row is None or row["seconds"] is None else max(0.0, row["seconds"])


async def done(connection: Connection, errand: Errand) -> None:
    """Ends an errand, unless it was made anew for something newer meanwhile: then only our lease on it ends."""
    await connection.execute(
        """
        UPDATE errands
        SET leased_until = '-infinity', lease = NULL, failures = 0, unreachable = false, last_error = NULL,
            done_at = CASE WHEN generation = %(generation)s THEN now() ELSE done_at END
        WHERE content_hash = %(content_hash)s AND peer_id = %(peer_id)s AND action = %(action)s
          AND (generation = %(generation)s OR lease = %(lease)s)
        """,
        _parameters(errand),
    )


async def again(connection: Connection, errand: Errand, after: float) -> None:
    """Keeps an errand that went well, due again `after` seconds from now."""
    await connection.execute(
        """
        UPDATE errands
        SET leased_until = '-infinity', lease = NULL, failures = 0, unreachable = false, last_error = NULL,
            due_at = now() + make_interval(secs => %(after)s)
        WHERE content_hash = %(content_hash)s AND peer_id = %(peer_id)s AND action = %(action)s AND lease = %(lease)s
        """,
        {**_parameters(errand), "after": after},
    )


async def give_back(connection: Connection, holder: UUID) -> None:
    """Ends every lease of a holder, so that somebody else can take its errands at once."""
    await connection.execute("UPDATE errands SET leased_until = '-infinity', lease = NULL WHERE lease = %s", [holder])


async def failed(
    connection: Connection, errand: Errand, error: str, after: float, *, unreachable: bool = False
) -> None:
    """Keeps an errand that went wrong, to be tried again `after` seconds from now; nothing when the lease was lost."""
    await connection.execute(
        """
        UPDATE errands SET leased_until = '-infinity', lease = NULL, failures = failures + 1,
            unreachable = %(unreachable)s, last_error = %(error)s, due_at = now() + make_interval(secs => %(after)s)
        WHERE content_hash = %(content_hash)s AND peer_id = %(peer_id)s AND action = %(action)s AND lease = %(lease)s
        """,
        {**_parameters(errand), "error": error, "after": after, "unreachable": unreachable},
    )


async def announced_meanwhile(connection: Connection, errand: Errand) -> bool:
    """Whether the peer announced itself while it was tried in vain: then the news is that it is there."""
    cursor = await connection.execute(
        """
        SELECT FROM errands JOIN peers USING (peer_id)
        WHERE content_hash = %(content_hash)s AND peer_id = %(peer_id)s AND action = %(action)s
          AND announced_at > tried_at
        """,
        _parameters(errand),
    )
    return await cursor.fetchone() is not None


async def hold_back(connection: Connection, errand: Errand, after: float) -> None:
    """Lets the other errands for a party that doesn't answer wait as long as the one that found out."""
    await connection.execute(
        """
        WITH waiting AS (
            SELECT content_hash, peer_id, action FROM errands
            WHERE done_at IS NULL AND leased_until < now() AND lane = (
                SELECT lane FROM errands
                WHERE content_hash = %(content_hash)s AND peer_id = %(peer_id)s AND action = %(action)s)
            FOR UPDATE SKIP LOCKED)
        UPDATE errands SET due_at = greatest(due_at, now() + make_interval(secs => %(after)s)),
            failures = greatest(failures, %(failures)s), unreachable = true
        FROM waiting
        WHERE (errands.content_hash, errands.peer_id, errands.action)
            = (waiting.content_hash, waiting.peer_id, waiting.action)
        """,
        {**_parameters(errand), "after": after, "failures": errand.failures + 1},
    )


async def let_go(database: Database, lane: str) -> bool:
    """Makes due what waits because a party (a peer's id, or `decide`) didn't answer; gives whether there was any.

    In a transaction that holds no other rows: it waits for those of tries that are just ending.
    """
    async with database.transaction() as connection:
        cursor = await connection.execute(
            """
            WITH waiting AS (
                SELECT content_hash, peer_id, action FROM errands
                WHERE lane = %(lane)s AND done_at IS NULL AND unreachable
                ORDER BY content_hash, peer_id, action FOR UPDATE)
            UPDATE errands SET due_at = now(), unreachable = false
            FROM waiting
            WHERE (errands.content_hash, errands.peer_id, errands.action)
                = (waiting.content_hash, waiting.peer_id, waiting.action)
            """,
            {"lane": lane},
        )
    return cursor.rowcount > 0


async def close_expired(connection: Connection, now: int) -> None:
    """Ends the errands of contracts that have expired: nobody would take them any more. Those in use wait for later."""
    await connection.execute(
        """
        WITH ended AS (
            SELECT content_hash, peer_id, action FROM errands JOIN contracts USING (content_hash)
            WHERE errands.done_at IS NULL AND contracts.not_after <= %s
            FOR UPDATE OF errands SKIP LOCKED)
        UPDATE errands SET done_at = now(), last_error = 'The contract expired.'
        FROM ended
        WHERE (errands.content_hash, errands.peer_id, errands.action)
            = (ended.content_hash, ended.peer_id, ended.action)
        """,
        [now],
    )


async def progress(connection: Connection, content_hash: str) -> list[Progress]:
    """The errands of a contract, in the order in which they were made."""
    cursor = await connection.execute(
        """
        SELECT peer_id, action, attempts, last_error, made_at, tried_at, due_at, done_at FROM errands
        WHERE content_hash = %s ORDER BY made_at, peer_id, action
        """,
        [content_hash],
    )
    return [Progress(**{**row, "action": Action(row["action"])}) for row in await cursor.fetchall()]


async def waiting(connection: Connection) -> list[dict[str, Any]]:
    """For each action: how many errands wait, how many of them failed before, and the age in seconds of the oldest.

    A pull waits always, and counts only when it failed.
    """
    cursor = await connection.execute(
        """
        SELECT action, count(*) AS waiting, count(*) FILTER (WHERE failures > 0) AS failing,
            extract(epoch FROM now() - min(made_at))::float8 AS age
        FROM errands WHERE done_at IS NULL AND (action <> 'pull' OR failures > 0) GROUP BY action
        """
    )
    return await cursor.fetchall()


def _parameters(errand: Errand) -> dict[str, Any]:
    return {
        "content_hash": errand.content_hash,
        "peer_id": errand.peer_id,
        "action": errand.action,
        "generation": errand.generation,
        "lease": errand.lease,
    }
