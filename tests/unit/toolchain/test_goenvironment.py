from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import PlatformFailure
from wegennet.toolchain import cache
from wegennet.toolchain.goenvironment import environment

if TYPE_CHECKING:
    from conftest import Machine


def of(machine: Machine) -> dict[str, str]:
    return environment(machine.bin / "go", machine.cache / "tmp")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GOFLAGS", "-mod=readonly"),
        ("GOWORK", "off"),
        ("GOENV", "off"),
        ("GOOS", "linux"),
        ("GOARCH", cache.architecture()),
        ("GOTOOLCHAIN", "local"),
        ("CGO_ENABLED", "0"),
        ("GOTMPDIR", None),
        ("GOROOT", None),
        ("GOAMD64", None),
        ("GOEXPERIMENT", None),
        ("GO111MODULE", None),
    ],
)
def test_what_the_shell_sets_decides_nothing_about_the_binary(
    go: Machine, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    monkeypatch.setenv(name, "elsewhere")
    expected = str(go.cache / "tmp") if name == "GOTMPDIR" else value
    assert of(go).get(name) == expected


def test_caches_and_proxy_are_those_that_go_has_on_this_machine(go: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_GO_SETTINGS", '{"GOCACHE": "/var/go", "GOPROXY": "https://mirror", "GOPRIVATE": ""}')
    found = of(go)
    assert (found["GOCACHE"], found["GOPROXY"]) == ("/var/go", "https://mirror")
    assert "GOPRIVATE" not in found


def test_without_home_go_gets_the_home_of_the_user(go: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    assert of(go)["HOME"] == str(Path.home())


def test_a_user_without_a_home_has_go_keep_its_caches_in_ours(go: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert of(go)["HOME"] == str(go.cache / "home")


def test_a_go_that_does_not_tell_its_settings_is_named(go: Machine) -> None:
    go.program("go", "echo broken >&2; exit 1")
    with pytest.raises(PlatformFailure, match="broken") as failure:
        of(go)
    assert str(go.bin / "go") in str(failure.value)
