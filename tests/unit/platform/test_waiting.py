from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wegennet.console.errors import PlatformFailure, StillPending
from wegennet.console.progress import Reporter
from wegennet.platform import waiting
from wegennet.platform.tenants import tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wegennet.console.progress import Stage

    Live = Callable[..., dict[str, Any]]

API: Any = None


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Reporter(quiet=True) as reporter, reporter.stage("wait") as stage:
        yield stage


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Plays what the cluster holds, look by look; the last stays."""

    def _play(*looks: list[dict[str, Any]]) -> None:
        left = [[tenant(item) for item in look] for look in looks]
        monkeypatch.setattr(waiting, "tenants", lambda _: left.pop(0) if len(left) > 1 else left[0])
        monkeypatch.setattr(waiting.time, "sleep", lambda _: None)

    return _play


def test_a_wait_ends_when_the_last_one_is_ready(cluster: Callable[..., None], live: Live, stage: Stage) -> None:
    cluster([live(ready="False")], [live()])
    waiting.until_ready(API, {"gm0513"}, stage, timeout=60)
    assert stage.done == 1


def test_what_is_not_ready_in_time_is_named_with_its_reason(
    cluster: Callable[..., None], live: Live, stage: Stage
) -> None:
    cluster([live(ready="False", reason="ApplyFailed"), live(599)])
    with pytest.raises(StillPending, match=r"1 of 2 .*\n  GM0513 Gouda: it is ApplyFailed"):
        waiting.until_ready(API, {"gm0513", "gm0599"}, stage, timeout=0)


def test_one_that_somebody_deleted_is_not_waited_for(cluster: Callable[..., None], live: Live, stage: Stage) -> None:
    cluster([live()])
    with pytest.raises(PlatformFailure, match="gm0599"):
        waiting.until_ready(API, {"gm0513", "gm0599"}, stage, timeout=60)


def test_a_wait_for_deletion_ends_when_all_are_gone(cluster: Callable[..., None], live: Live, stage: Stage) -> None:
    cluster([live(deleting=True)], [])
    assert waiting.until_gone(API, {"gm0513"}, stage, patience=60) == []


def test_a_wait_for_deletion_ends_at_once_when_all_are_held(
    cluster: Callable[..., None], live: Live, stage: Stage
) -> None:
    cluster([live(deleting=True, ready="False", reason="HeldForData")])
    (held,) = waiting.until_gone(API, {"gm0513"}, stage, patience=60)
    assert "it is HeldForData" in str(waiting.pending_deletion([held]))


def test_a_wait_for_deletion_ends_when_nothing_goes(cluster: Callable[..., None], live: Live, stage: Stage) -> None:
    cluster([live(deleting=True, ready="False", reason="Removing")])
    assert [one.id for one in waiting.until_gone(API, {"gm0513"}, stage, patience=0)] == ["gm0513"]
