"""What a group's folder remembers from one run to the next, so that addresses, certificates and data stay true."""

from __future__ import annotations

import json
import secrets
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wegennet.fsc.trial.errors import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = "group.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A group's shape.

    Attributes:
        network: the second number of its addresses; None before the first run.
        peers: beside the directory.
        prefix: of the names of its databases, which on a server of a DSN have to differ from those of other groups.
    """

    network: int | None
    peers: int
    prefix: str

    def save(self, folder: Path) -> None:
        """Writes it; a reader sees all or nothing."""
        unfinished = folder / f"{_FILE}.new"
        unfinished.write_text(json.dumps(asdict(self)) + "\n")
        unfinished.rename(folder / _FILE)


def load(folder: Path, peers: int) -> Kept:
    """What the folder remembers; a new group when it is empty.

    Raises:
        Mistake: it has a group of another size, or something else.
    """
    file = folder / _FILE
    if not file.exists():
        return Kept(None, peers, f"fsc_{secrets.token_hex(3)}")
    try:
        kept = Kept(**json.loads(file.read_text()))
    except (ValueError, TypeError) as error:
        raise Mistake(f"{file} is not what a group left there: {error}. Choose an empty folder.") from error
    if kept.peers != peers:
        raise Mistake(f"{folder} has a group with {kept.peers} peers; give --peers {kept.peers}, or another folder.")
    return kept


@contextmanager
def folder(chosen: Path | None) -> Iterator[Path]:
    """The chosen folder, made when it is missing, or one that is gone at the end."""
    if chosen is None:
        with tempfile.TemporaryDirectory(prefix="fsc-", ignore_cleanup_errors=True) as name:
            yield Path(name)
        return
    try:
        chosen.mkdir(parents=True, exist_ok=True)
        (chosen / "logs").mkdir(exist_ok=True)
    except OSError as error:
        raise Mistake(f"The folder {chosen} cannot be used: {error.strerror}.") from error
    yield chosen.resolve()
