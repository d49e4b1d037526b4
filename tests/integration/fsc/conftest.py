from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from support.fsc.backend import Backend
from support.fsc.outsider import Outsider
from support.fsc.participant import Participant

from wegennet.fsc.trial.group import Group, Options, running
from wegennet.fsc.trial.keys import KeyType
from wegennet.fsc.trial.pki import Authority
from wegennet.fsc.trial.progress import Reporter

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTHS = pytest.StashKey[dict[Any, int]]()


@pytest.fixture(scope="session")
def group() -> Iterator[Group]:
    """A directory and three peers: real processes, TLS and PostgreSQL, for the whole run."""
    with running(Options(peers=3), Reporter()) as group:
        yield group


@pytest.fixture(scope="session")
def authority(group: Group) -> Authority:
    """The group's authority."""
    return Authority.load(group.files.authority, group.files.trust_anchor)


@pytest.fixture(scope="session")
def directory(group: Group) -> Participant:
    """The directory."""
    return Participant(group.directory, group.files.trust_anchor)


@pytest.fixture(scope="session")
def provider(group: Group) -> Participant:
    """A peer of the group that offers Services."""
    return Participant(group.peers[0], group.files.trust_anchor)


@pytest.fixture(scope="session")
def consumer(group: Group) -> Participant:
    """A peer of the group that uses Services."""
    return Participant(group.peers[1], group.files.trust_anchor)


@pytest.fixture(scope="session")
def third(group: Group) -> Participant:
    """A peer of the group on whose behalf others act, or whose processes a test stops."""
    return Participant(group.peers[2], group.files.trust_anchor)


@pytest.fixture(scope="session")
def peers(provider: Participant, consumer: Participant, third: Participant) -> list[Participant]:
    """The three peers of the group."""
    return [provider, consumer, third]


@pytest.fixture(scope="session")
def outsiders(
    group: Group, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Outsider]]:
    """Peers of the tests' own, by name: two with elliptic keys and one with RSA."""
    kinds = {"first": KeyType.EC, "second": KeyType.EC, "rsa": KeyType.RSA}
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                Outsider(
                    f"00000099{900 + number:09d}000",
                    authority,
                    group.network.address(240 + number, 1),
                    tmp_path_factory.mktemp(f"outsider-{name}"),
                    anchor=group.files.trust_anchor,
                    key_type=kind,
                )
            )
            for number, (name, kind) in enumerate(kinds.items())
        }


@pytest.fixture(scope="session")
def outsider(outsiders: dict[str, Outsider]) -> Outsider:
    """The peer that a test acts as."""
    return outsiders["first"]


@pytest.fixture(scope="session")
def second(outsiders: dict[str, Outsider]) -> Outsider:
    """Another one."""
    return outsiders["second"]


@pytest.fixture(scope="session")
def rsa_outsider(outsiders: dict[str, Outsider]) -> Outsider:
    """One with RSA keys."""
    return outsiders["rsa"]


@pytest.fixture(scope="session")
def backend(group: Group) -> Iterator[Backend]:
    """The Service behind the Inways."""
    with Backend(group.network.address(239, 1)) as backend:
        yield backend


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Notes how long the logs of the test's group are."""
    yield
    group = getattr(item, "funcargs", {}).get("group")
    # Tests of one component may have a fixture of this name that is another thing.
    if isinstance(group, Group):
        item.stash[LENGTHS] = {process.log: process.log.stat().st_size for process in group.processes}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Shows, with a failure, what the processes of the group complained of during the test."""
    report = yield
    for log, length in item.stash.get(LENGTHS, {}).items() if report.failed else ():
        lines = log.read_bytes()[length:].decode(errors="replace").splitlines()
        if complaints := [line for line in lines if '"level": "info"' not in line]:
            report.sections.append((f"Log of {log.stem}", "\n".join(complaints[-20:]).replace("\\n", "\n")))
    return report
