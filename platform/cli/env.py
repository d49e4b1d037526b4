"""`wegennet env`."""

from __future__ import annotations

import shlex

import typer

from wegennet import toolchain
from wegennet.console.progress import Reporter
from wegennet.platform import pulumi_settings
from wegennet.platform.checkout import ROOT
from wegennet.platform.cli import options

app = typer.Typer()


@app.command()
def env(
    *,
    environment: options.EnvironmentOption = "embedded",
    context: options.ContextOption = None,
    state: options.StateOption = None,
) -> None:
    """Print shell commands that make plain `pulumi` work on an environment: eval "$(wegennet env)"."""
    request = options.request(environment, context, state)
    with Reporter() as reporter:
        tools = toolchain.ensure(pulumi_settings.TOOLS, reporter)
    pulumi_settings.adopt_salt(request.records, request.environment.name, ROOT)
    variables = pulumi_settings.variables(request.records, tools)
    variables |= {"WEGENNET_STATE": str(request.state), "WEGENNET_ENVIRONMENT": environment}
    if context:
        variables["WEGENNET_CONTEXT"] = context
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
