from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import pytest
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer, add_ResourceProviderServicer_to_server

from wegennet.toolchain import on_path
from wegennet.toolchain.provider_version import provider_version
from wegennet.toolchain.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Machine

PROVIDER = TOOLS["pulumi-resource-kubernetes"]


class Provider(ResourceProviderServicer):
    """Says that it is of the pinned version."""

    def GetPluginInfo(self, *_: object) -> plugin_pb2.PluginInfo:  # noqa: N802
        return plugin_pb2.PluginInfo(version=PROVIDER.version)


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a running provider."""
    server = grpc.server(ThreadPoolExecutor(1))
    add_ResourceProviderServicer_to_server(Provider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(grace=0).wait()


def test_a_provider_of_the_pinned_version_on_path_is_used(machine: Machine, port: int) -> None:
    provider = machine.program(PROVIDER.name, f"echo {port}; exec /bin/sleep 60")
    assert on_path.find(PROVIDER) == provider


@pytest.mark.parametrize(
    "script", ["echo usage: provider", "exit 1", "exec /bin/sleep 60", "echo 1; exec /bin/sleep 60"]
)
def test_a_program_that_is_no_provider_has_no_version(machine: Machine, script: str) -> None:
    assert provider_version(machine.program(PROVIDER.name, script), seconds=0.3) == ""
