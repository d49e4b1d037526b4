"""Options that more than one command has, and what they make together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wegennet.environments.cluster import default_state
from wegennet.platform.delivery.request import Request

EnvironmentOption = Annotated[
    str,
    typer.Option(
        "--environment", "-e", envvar="WEGENNET_ENVIRONMENT", help="Name in environments/, or path of its folder."
    ),
]
ContextOption = Annotated[
    str | None,
    typer.Option(
        "--context", envvar="WEGENNET_CONTEXT", help="Use this existing cluster (a kubeconfig context) instead."
    ),
]
StateOption = Annotated[
    Path | None,
    typer.Option("--state", envvar="WEGENNET_STATE", help="Folder of all state [default: ~/.local/state/wegennet]."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One line of JSON on standard output.")]
RemoveOption = Annotated[
    list[str] | None,
    typer.Option("--remove", metavar="CODE", help="A municipality that may be removed; repeat it for each."),
]


def request(environment: str, context: str | None, state: Path | None) -> Request:
    """What the options ask to work on."""
    return Request(environment, (state or default_state()).expanduser().absolute(), context)
