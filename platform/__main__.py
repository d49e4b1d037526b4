# noqa: A005 - the folder's name is the architecture's; it is imported as wegennet.platform alone
"""The program as plain `pulumi preview|up` runs it (Pulumi.yaml, `main: platform/`).

The stack's name is the environment's name. `eval "$(wegennet env)"` sets where state, passphrase and tools are, and
with WEGENNET_ENVIRONMENT and WEGENNET_CONTEXT another folder or cluster.
"""

from __future__ import annotations

import os

import pulumi

from wegennet.console.errors import WegennetError
from wegennet.console.progress import Reporter
from wegennet.environments.cluster import default_state
from wegennet.platform import api
from wegennet.platform.delivery.machinery import operator_image, resolve
from wegennet.platform.delivery.request import Request
from wegennet.platform.program import declare


def _declare() -> None:
    request = Request(
        os.environ.get("WEGENNET_ENVIRONMENT", pulumi.get_stack()),
        default_state(),
        os.environ.get("WEGENNET_CONTEXT"),
    )
    if request.environment.name != pulumi.get_stack():
        raise pulumi.RunError(f"the stack {pulumi.get_stack()} is not the environment {request.environment.name}")
    image = operator_image(request, Reporter(quiet=True))
    declare(resolve(request, api.connect(request.access), image))


try:
    _declare()
except WegennetError as error:
    raise pulumi.RunError(str(error)) from error
