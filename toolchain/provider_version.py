"""The version of a Pulumi provider, which it tells as a running plugin only (`ResourceProvider.GetPluginInfo`)."""

from __future__ import annotations

import select
import subprocess
from typing import TYPE_CHECKING

import grpc
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]  # one message without fields
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

if TYPE_CHECKING:
    from pathlib import Path


def provider_version(provider: Path, seconds: float) -> str:
    """Starts the provider, asks its version and ends it; empty when it does not answer within so many seconds."""
    try:
        plugin = subprocess.Popen(
            [provider], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
    except OSError:
        return ""
    try:
        return _ask(_port(plugin, seconds), seconds)
    except (ValueError, grpc.RpcError):
        return ""
    finally:
        plugin.kill()
        plugin.communicate()


def _port(plugin: subprocess.Popen[bytes], seconds: float) -> int:
    """The port that a plugin prints as its first line; ValueError when it prints something else or nothing."""
    assert plugin.stdout is not None  # noqa: S101 - opened as a pipe
    readable, _, _ = select.select([plugin.stdout], [], [], seconds)
    return int(plugin.stdout.readline()) if readable else int("")


def _ask(port: int, seconds: float) -> str:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = ResourceProviderStub(channel).GetPluginInfo(Empty(), timeout=seconds)
    return str(answer.version).removeprefix("v")
