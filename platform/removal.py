"""Which municipalities a run would remove, and whether it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wegennet.console.errors import UserMistake

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_SHOWN: Final = 10


@dataclass(frozen=True)
class Removal:
    """A municipality that the state holds and the environment no longer declares.

    Attributes:
        id: its code in lower case.
        urn: its URN in the state.
        lifecycle: as it is in the cluster, or None when the cluster has it no more.
        deleting: whether its deletion was asked for before.
    """

    id: str
    urn: str
    lifecycle: str | None
    deleting: bool = False

    @property
    def code(self) -> str:
        """The CBS code."""
        return self.id.upper()

    @property
    def harmless(self) -> bool:
        """Whether nothing more is lost by it: it is gone, or already on its way."""
        return self.lifecycle is None or self.deleting


def check(removals: Sequence[Removal], *, named: Collection[str], declared: Collection[str], where: str) -> None:
    """Refuses to remove what nobody meant to remove.

    A municipality that is Leaving may go by leaving it out of the list; any other, and each of several in one run,
    has to be named.

    Args:
        removals: what the run would remove.
        named: ids that the person named.
        declared: ids that the environment declares.
        where: the file that lists the municipalities, for the message.

    Raises:
        UserMistake: something is not named, or something named is still declared.
    """
    if still := sorted(set(named) & set(declared)):
        raise UserMistake(
            f"--remove names what is still listed: {_codes(still)}",
            where=where,
            remedy="Take the row out of the list first; --remove then confirms it.",
        )
    lost = [removal for removal in removals if not removal.harmless]
    unnamed = [removal for removal in lost if removal.id not in named]
    if not unnamed or (len(lost) == 1 and unnamed[0].lifecycle == "Leaving"):
        return
    raise UserMistake(_sentence(lost, unnamed, len(declared)), where=where, remedy=_remedy(unnamed))


def _sentence(lost: Sequence[Removal], unnamed: Sequence[Removal], declared: int) -> str:
    many = f"{len(lost)} municipalities" if len(lost) > 1 else "1 municipality"
    which = _codes(sorted(removal.id for removal in unnamed))
    return f"this run would remove {many} of {len(lost) + declared}, with everything in it; not named: {which}"


def _remedy(unnamed: Sequence[Removal]) -> str:
    return (
        "Nothing was changed. If the list is incomplete, put it right. To remove them all the same, name each, as in "
        f"--remove {min(removal.code for removal in unnamed)}. "
        "A single municipality whose lifecycle is Leaving needs no naming."
    )


def _codes(ids: Sequence[str]) -> str:
    shown = ", ".join(one.upper() for one in ids[:_SHOWN])
    return shown + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")
