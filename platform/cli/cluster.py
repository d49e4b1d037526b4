"""`wegennet cluster`: the embedded cluster of this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from wegennet.console.errors import UserMistake
from wegennet.console.progress import Reporter
from wegennet.environments.cluster.state import default_state

if TYPE_CHECKING:
    from wegennet.environments.cluster import Cluster

app = typer.Typer(no_args_is_help=True, help="The embedded cluster: a real single-node Kubernetes on this machine.")

StateOption = Annotated[
    Path | None,
    typer.Option("--state", help="State folder. Default: $WEGENNET_STATE, or ~/.local/state/wegennet."),
]


@app.command()
def up(state: StateOption = None) -> None:
    """Brings the cluster up, or repairs what died; changes nothing when all is well."""
    with Reporter() as reporter:
        _cluster(state).up(reporter)


@app.command()
def down(state: StateOption = None) -> None:
    """Ends the cluster and removes all that it put on the machine; its data stay."""
    with Reporter() as reporter:
        _cluster(state).down(reporter)


@app.command()
def status(
    state: StateOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON on standard output.")] = False,
) -> None:
    """Shows each part of the cluster and whether it is ready."""
    found = _cluster(state).status()
    if as_json:
        typer.echo(orjson.dumps([asdict(item) for item in found]).decode())
        return
    table = Table("Component", "State", "Detail", box=None, pad_edge=False)
    for item in found:
        table.add_row(item.name, item.state, item.detail)
    Console().print(table)


@app.command()
def reset(
    state: StateOption = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Ends the cluster and removes its state folder, with all data and the Pulumi state in it."""
    cluster = _cluster(state)
    question = f"Remove the embedded cluster in {cluster.state.root} with all of its data?"
    if not yes and not typer.confirm(question, err=True):
        raise UserMistake("Nothing was removed.", remedy="Answer y, or use --yes.")
    with Reporter() as reporter:
        cluster.reset(reporter)


@app.command()
def kubeconfig(state: StateOption = None) -> None:
    """Prints the path of the administrator's kubeconfig."""
    path = _cluster(state).kubeconfig
    if not path.exists():
        raise UserMistake(
            "The embedded cluster was never started, so there is no kubeconfig.",
            where=str(path),
            remedy="Start it: wegennet cluster up",
        )
    typer.echo(path)


@app.command("image-context")
def image_context() -> None:
    """Makes the context folder from which an ordinary builder makes the operator's image; prints its path."""
    from wegennet.environments.cluster.images import context  # noqa: PLC0415 - needed by this command only

    typer.echo(context.make(context.project_root()))


def _cluster(state: Path | None) -> Cluster:
    from wegennet.environments.cluster.cluster import Cluster  # noqa: PLC0415 - keeps `wegennet --help` fast

    return Cluster(state or default_state())
