from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from integration.fsc.manager.group import new_content
from integration.fsc.manager.servers import Caller
from support.waiting import eventually
from unit.fsc.manager import made

from wegennet.fsc.manager.errand_runner import LEASE_SECONDS
from wegennet.fsc.trial.child import Child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration.fsc.manager.group import Group, Member, Played
    from integration.fsc.manager.servers import Answer


class Process:
    """`fsc manager serve` of a member."""

    def __init__(self, group: Group, member: Member, **changed: Any) -> None:
        self.member = member
        self.variables = environment(group.variables(member, **changed))
        self._log = group.folder / f"{member.number}.log"
        self._administrator = Caller(member.internal, member.internal_anchor)
        self.child: Child
        self.start()

    def start(self) -> None:
        """Starts it, and waits until it is ready."""
        self.child = Child("manager", command("serve"), self._log, env=self.variables)
        eventually(self._ready)

    def administer(self, method: str, path: str, body: Any = None) -> Answer:
        """A call of its internal API."""
        return self._administrator(method, f"https://{self.member.host}:9443/v1{path}", body)

    def make(self, *grants: dict[str, Any]) -> str:
        """Makes a contract and gives its content hash."""
        answer = self.administer("POST", "/contracts", {"contract_content": new_content(*grants)})
        return str(answer.json["content_hash"])

    def _ready(self) -> bool:
        self.child.must_run()
        with urlopen(f"http://{self.member.host}:8080/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)

    def metrics(self) -> str:
        """What Prometheus gets."""
        with urlopen(f"http://{self.member.host}:8080/metrics", timeout=2) as answer:
            return str(answer.read().decode())


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "wegennet.fsc", "manager", *arguments]


def environment(variables: dict[str, Any]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **{name.upper(): str(value) for name, value in variables.items()}}


@pytest.fixture
def consumer(group: Group) -> Played:
    """The other side."""
    return group.played(group.member("Consumer"))


@pytest.fixture
def provider(group: Group) -> Iterator[Process]:
    """A Manager in a process of its own."""
    process = Process(group, group.member("Provider"))
    yield process
    process.child.kill()


def offer(provider: Process, consumer: Played) -> str:
    return provider.make(made.connection(consumer=consumer.member.id, provider=provider.member.id))


def test_what_was_stored_before_a_kill_is_delivered_after_it(provider: Process, consumer: Played) -> None:
    consumer.member.write("PUT", f"{provider.member.address}/v1/announce")
    consumer.server.stop()
    contract = offer(provider, consumer)
    provider.child.kill()
    consumer.server.start()
    provider.start()
    # A try that was under way when the process was killed is made again when its lease has run out.
    [posted] = eventually(lambda: consumer.received("/v1/contracts"), within=LEASE_SECONDS + 20)
    assert posted.body["content"]["iv"] == provider.administer("GET", f"/contracts/{contract}").json["content"]["iv"]


def test_a_contract_whose_answer_was_given_survives_a_kill(provider: Process, consumer: Played) -> None:
    content = made.contract(made.connection(consumer=consumer.member.id, provider=provider.member.id))
    assert consumer.member.submit(provider.member, content).status == 201
    provider.child.kill()
    provider.start()
    [listed] = consumer.member.get(provider.member, "/contracts").json["contracts"]
    assert listed["content"] == content.as_json()


def test_a_process_that_is_asked_to_stop_ends_in_good_order(provider: Process) -> None:
    provider.child.ask_to_stop()
    assert provider.child.wait(within=10) == 0


def test_contracts_and_errands_are_counted(provider: Process, consumer: Played) -> None:
    offer(provider, consumer)
    provider.child.kill()
    provider.start()
    metrics = provider.metrics()
    assert 'fsc_manager_contracts{state="proposed"} 1.0' in metrics
    assert 'fsc_manager_errands_waiting{action="submit_contract"} 1.0' in metrics


def test_no_key_token_or_password_is_in_the_log(group: Group, provider: Process, consumer: Played) -> None:
    content = made.contract(made.connection(consumer=consumer.member.id, provider=provider.member.id))
    jws = consumer.member.sign(content)
    consumer.member.submit(provider.member, content, jws)
    log = (group.folder / f"{provider.member.number}.log").read_text()
    assert jws not in log
    assert provider.variables["STORAGE_POSTGRES_DSN"] not in log


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env={"PATH": os.environ["PATH"], **variables}, capture_output=True, text=True, check=False
    )


def test_every_mistake_in_the_configuration_is_said_at_once() -> None:
    ended = run("serve", GROUP_ID="no group", SELF_ADDRESS="http://x", AUTO_SIGN_GRANTS="x", TOKEN_TTL="never")
    assert ended.returncode == 1
    for variable in ("GROUP_ID", "SELF_ADDRESS", "TOKEN_TTL", "STORAGE_POSTGRES_DSN", "TLS_GROUP_CERT", "TLS_KEY"):
        assert variable in ended.stderr, variable
    assert "Traceback" not in ended.stderr


def test_a_database_without_the_schema_is_a_mistake_with_a_way_out(group: Group) -> None:
    member = group.member("Unmigrated")
    dsn = group.postgres.fresh_database()
    variables = environment(group.variables(member, storage_postgres_dsn=dsn))
    ended = run("serve", **variables)
    assert ended.returncode == 1
    assert "fsc manager migrate up" in ended.stdout + ended.stderr


def test_the_schema_is_made_once(group: Group) -> None:
    dsn = group.postgres.fresh_database()
    first, second = (run("migrate", "up", "--postgres-dsn", dsn) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert "0001_contracts" in first.stdout
    assert "nothing to apply" in second.stdout
