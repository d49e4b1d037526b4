"""The commands of a component: `serve`, and `migrate up` where it has a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from wegennet.fsc.service import logs
from wegennet.fsc.service.lifecycle import run
from wegennet.fsc.service.settings import Settings, Stored, load
from wegennet.fsc.storage.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from wegennet.fsc.service.lifecycle import Process

S = TypeVar("S", bound=Settings)


def component(
    settings: type[S], start: Callable[[Process, S], Awaitable[None]], *, migrations: str | None = None
) -> typer.Typer:
    """The commands of one component.

    Args:
        settings: what it reads from the environment.
        start: opens its resources and listeners, with these settings.
        migrations: package whose `migrations` its database has; None for a component without a database.
    """
    app = typer.Typer(no_args_is_help=True)

    @app.command()
    def serve() -> None:
        """Run until SIGTERM; the configuration is in the environment."""
        read = load(settings)
        run(read, lambda process: start(process, read))

    if migrations is None:
        # With one command alone, typer would leave out its name.
        app.callback()(lambda: None)
    else:
        app.add_typer(_migrate(migrations), name="migrate", help="The schema of the database.")
    return app


def _migrate(package: str) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True)
    app.callback()(lambda: None)

    @app.command()
    def up(
        dsn: Annotated[
            str | None, typer.Option("--postgres-dsn", help="The database; default: STORAGE_POSTGRES_DSN.")
        ] = None,
    ) -> None:
        """Bring the schema up to this version; several may do so at once."""
        given: dict[str, Any] = {} if dsn is None else {"storage_postgres_dsn": dsn}
        settings = load(Stored, **given)
        logs.configure(settings)
        applied = migrate(settings.dsn, package)
        typer.echo("".join(f"applied {one}\n" for one in applied) or "nothing to apply\n", nl=False)

    return app
