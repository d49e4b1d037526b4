"""Pulumi's language plugin for Python, for plain `pulumi preview|up` where the official one is not installed.

No package registry serves the official plugin, and the Automation API needs none. The protocol is that of the SDK's own
stubs (`pulumi.runtime.proto.language_pb2_grpc.LanguageRuntime`): the engine starts the plugin with its own address as
the last argument, reads a port from standard output, and asks for a run of the program. The program runs in this
interpreter, so with the packages of the project's virtual environment.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import metadata
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import grpc
from pulumi import RunError
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from wegennet.console.errors import WegennetError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENGINE_GONE = (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN)
_CONNECT_SECONDS = 30
"""The engine is on this machine; one that takes longer is gone."""
_NEVER_IDLE = [("grpc.client_idle_timeout_ms", 2**31 - 1)]


class PythonLanguage(LanguageServer):
    """Runs the Python program that Pulumi.yaml names; dependencies are uv's business and never installed here.

    Args:
        engine: address of the engine, host:port.
    """

    def __init__(self, engine: str) -> None:
        super().__init__(program=lambda: None)
        self.engine = engine

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> language_pb2.RunResponse:  # noqa: N802
        """Runs the program's folder (its `__main__.py`) or file, as a preview or an update."""
        os.chdir(request.pwd)
        program = Path(request.info.program_directory, request.info.entry_point)
        self.program = partial(_run_program, program)
        request.args[:] = [self.engine]  # where the SDK's server expects the engine's address
        response: language_pb2.RunResponse = super().Run(request, context)  # type: ignore[no-untyped-call] # the SDK's
        # The SDK's server has logged the error to the engine; `bail` says so, and it is not shown twice.
        return language_pb2.RunResponse(bail=bool(response.error))

    def GetProgramDependencies(self, request: Any, context: Any) -> language_pb2.GetProgramDependenciesResponse:  # noqa: N802, ARG002
        """The packages of this environment, for `pulumi about`."""
        found = sorted({(package.name, package.version) for package in metadata.distributions()})
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, version in found]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[language_pb2.InstallDependenciesResponse]:  # noqa: N802, ARG002
        """Installs nothing: `uv sync` made the environment that this plugin runs in."""
        yield language_pb2.InstallDependenciesResponse(
            stdout=b"The project's environment is made by `uv sync`; nothing to install.\n"
        )

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> language_pb2.RuntimeOptionsResponse:  # noqa: N802, ARG002
        """Asks the user nothing."""
        return language_pb2.RuntimeOptionsResponse()


def _run_program(program: Path) -> None:
    try:
        runpy.run_path(str(program), run_name="__main__")
    except WegennetError as error:
        raise RunError(str(error)) from error  # Pulumi shows it as a sentence


def main() -> None:
    """Serves the engine until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # how the engine ends its plugins: no traceback in its output
    engine = sys.argv[-1]
    server = grpc.server(ThreadPoolExecutor())
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(PythonLanguage(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    # An engine that was killed cannot end its plugins; a plugin without an engine has nothing to do.
    with grpc.insecure_channel(engine, options=_NEVER_IDLE) as channel:
        attachment = _Attachment(server)
        channel.subscribe(attachment, try_to_connect=True)
        # The loss of a connection that was never seen would not be seen either.
        if not attachment.settled.wait(_CONNECT_SECONDS):
            server.stop(grace=0)
        print(port, flush=True)  # noqa: T201 - the plugin protocol
        server.wait_for_termination()


class _Attachment:
    """Ends the server when the connection to the engine cannot be made, or is lost: a channel is then idle again.

    `settled` is set once there was a connection, or none could be made.
    """

    def __init__(self, server: grpc.Server) -> None:
        self._server = server
        self.settled = Event()

    def __call__(self, state: grpc.ChannelConnectivity) -> None:
        if state in _ENGINE_GONE or (self.settled.is_set() and state is grpc.ChannelConnectivity.IDLE):
            self._server.stop(grace=0)
        if state in (*_ENGINE_GONE, grpc.ChannelConnectivity.READY):
            self.settled.set()


if __name__ == "__main__":
    main()
