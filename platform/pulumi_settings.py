"""Where Pulumi keeps an environment's state, and how it is told: the same for `wegennet` and plain `pulumi`."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.toolchain import Toolchain

PROJECT: Final = "wegennet"

TOOLS: Final = ("pulumi", "pulumi-resource-kubernetes")


def backend(records: Path) -> Path:
    """The folder of the state files."""
    return records / "pulumi"


def variables(records: Path, toolchain: Toolchain) -> dict[str, str]:
    """The environment variables under which a pulumi program finds state, passphrase, tools, and no network.

    The passphrase is passed by the name of its file, so that it stands in no process's arguments or environment.
    """
    backend(records).mkdir(parents=True, exist_ok=True)
    return {
        "PULUMI_BACKEND_URL": f"file://{backend(records)}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase_file(records)),
        "PULUMI_HOME": str(records / "pulumi-home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # One state at the end of a run instead of one after each operation: 5 s instead of 23 s for 342 municipalities.
        # A killed run loses no more than the knowledge of what it made; the next one applies the same objects again
        # under the same names, and what has to go is deleted before Pulumi runs.
        "PULUMI_SKIP_CHECKPOINTS": "true",
        # Each run keeps a copy of the state as history: 1.6 MB for 342 municipalities, a twentieth of it compressed.
        "PULUMI_DIY_BACKEND_ZSTD": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PATH": f"{toolchain.bin_folder()}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def passphrase_file(records: Path) -> Path:
    """The file with the passphrase that encrypts secrets in the state; made once, readable by its owner alone."""
    file = records / "pulumi-passphrase"
    records.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file
    with os.fdopen(descriptor, "w") as new:
        new.write(secrets.token_urlsafe(32))
    return file


def workspace(records: Path) -> Path:
    """The folder in which `wegennet` runs pulumi, and pulumi keeps the salt of the passphrase in a stack file."""
    return records / "pulumi-workspace"


def adopt_salt(records: Path, stack: str, project: Path) -> None:
    """Makes the stack's file beside Pulumi.yaml one of this state: a salt of another passphrase is refused by pulumi.

    Args:
        records: folder of the state.
        stack: name of the stack.
        project: folder of Pulumi.yaml.
    """
    ours, theirs = (folder / f"Pulumi.{stack}.yaml" for folder in (workspace(records), project))
    if ours.exists():
        theirs.write_bytes(ours.read_bytes())
    else:
        theirs.unlink(missing_ok=True)


def command_root(records: Path, toolchain: Toolchain) -> Path:
    """A folder with the tools in `bin`, the one layout that the Automation API takes a pulumi program from."""
    link = records / "pulumi-cli" / "bin"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() or link.readlink() != toolchain.bin_folder():
        fresh = link.with_name(f"bin-{os.getpid()}")
        fresh.symlink_to(toolchain.bin_folder())
        fresh.replace(link)
    return link.parent
