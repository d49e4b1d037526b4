from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, language_pb2, resource_pb2, resource_pb2_grpc
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = [sys.executable, "-P", "-m", "wegennet.toolchain.pulumi_language_python"]


class Engine(engine_pb2_grpc.EngineServicer, resource_pb2_grpc.ResourceMonitorServicer):
    """An engine that keeps the errors that a program logs and accepts every resource."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.server = grpc.server(ThreadPoolExecutor(4))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self.server)
        resource_pb2_grpc.add_ResourceMonitorServicer_to_server(self, self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def Log(self, request: engine_pb2.LogRequest, _: object) -> Empty:  # noqa: N802
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return Empty()

    def SupportsFeature(self, *_: object) -> resource_pb2.SupportsFeatureResponse:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest, _: object) -> object:  # noqa: N802
        return resource_pb2.RegisterResourceResponse(urn=f"urn:pulumi:s::p::{request.type}::{request.name}")

    def RegisterResourceOutputs(self, *_: object) -> Empty:  # noqa: N802
        return Empty()


class Plugin:
    """The plugin as the engine starts it."""

    def __init__(self, engine: Engine) -> None:
        self.process = subprocess.Popen([*COMMAND, engine.address], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def ended(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.server.stop(grace=0).wait()


@pytest.fixture
def plugin(engine: Engine) -> Iterator[Plugin]:
    made = Plugin(engine)
    yield made
    made.process.kill()
    made.process.communicate()


@pytest.fixture
def language(plugin: Plugin) -> Iterator[LanguageRuntimeStub]:
    with grpc.insecure_channel(f"127.0.0.1:{plugin.port}") as channel:
        yield LanguageRuntimeStub(channel)


def run(language: LanguageRuntimeStub, engine: Engine, folder: Path, program: str) -> language_pb2.RunResponse:
    (folder / "__main__.py").write_text(program)
    info = language_pb2.ProgramInfo(root_directory=str(folder), program_directory=str(folder), entry_point=".")
    request = language_pb2.RunRequest(
        project="p", stack="s", pwd=str(folder), info=info, dryRun=True, monitor_address=engine.address
    )
    return language.Run(request, timeout=30)


def test_a_users_mistake_is_told_as_a_sentence_without_a_traceback(
    language: LanguageRuntimeStub, engine: Engine, tmp_path: Path
) -> None:
    program = (
        "from wegennet.console.errors import UserMistake\nraise UserMistake('wrong OIN', where='municipalities.csv')"
    )
    response = run(language, engine, tmp_path, program)
    assert response.bail
    assert engine.errors == ["municipalities.csv: wrong OIN"]


def test_an_error_is_reported_once(language: LanguageRuntimeStub, engine: Engine, tmp_path: Path) -> None:
    response = run(language, engine, tmp_path, "1 / 0")
    assert (response.bail, response.error) == (True, "")
    assert len([error for error in engine.errors if "ZeroDivisionError" in error]) == 1


def test_the_program_runs_in_its_folder(language: LanguageRuntimeStub, engine: Engine, tmp_path: Path) -> None:
    run(language, engine, tmp_path, "import os, pulumi\nraise pulumi.RunError(os.getcwd())")
    assert engine.errors == [str(tmp_path)]


def test_the_packages_are_those_of_the_projects_environment(language: LanguageRuntimeStub) -> None:
    answer = language.GetProgramDependencies(language_pb2.GetProgramDependenciesRequest(), timeout=30)
    assert ("pulumi", metadata.version("pulumi")) in {(one.name, one.version) for one in answer.dependencies}


def test_the_plugin_ends_quietly_when_the_engine_interrupts_it(plugin: Plugin) -> None:
    plugin.process.send_signal(signal.SIGINT)
    assert plugin.ended(10)
    assert plugin.process.stderr is not None
    assert plugin.process.stderr.read() == b""


def test_the_plugin_ends_when_its_engine_is_gone(plugin: Plugin, engine: Engine, language: LanguageRuntimeStub) -> None:
    language.About(language_pb2.AboutRequest(), timeout=30)
    engine.server.stop(grace=0).wait()
    assert plugin.ended(20)


def test_it_listens_on_this_machine_only(plugin: Plugin) -> None:
    own = [address for address, inode in listening() if f"socket:[{inode}]" in open_files(plugin.process.pid)]
    assert own == [(ip_address("127.0.0.1"), plugin.port)]


def listening() -> Iterator[tuple[tuple[IPv4Address | IPv6Address, int], str]]:
    """Address and inode of each listening socket, from the kernel's table (proc(5)); its state is 0A."""
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A":
                yield address(local), rest[5]


def address(text: str) -> tuple[IPv4Address | IPv6Address, int]:
    """`0100007F:1F90`: words in this machine's byte order; an IPv4 address within IPv6 is that IPv4 address."""
    digits, _, port = text.partition(":")
    words = [int(digits[start : start + 8], 16).to_bytes(4, sys.byteorder) for start in range(0, len(digits), 8)]
    found = ip_address(b"".join(words))
    return getattr(found, "ipv4_mapped", None) or found, int(port, 16)


def open_files(pid: int) -> set[str]:
    return {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
