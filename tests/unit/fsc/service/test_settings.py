from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

import pytest
from pydantic import Field, model_validator

from wegennet.fsc.service.settings import (
    Address,
    CommaList,
    Duration,
    HttpsUrl,
    ListenAddress,
    ReadableFile,
    SettingsError,
    Stored,
    load,
    parse_address,
    parse_https_url,
)

if TYPE_CHECKING:
    from pathlib import Path


class Example(Stored):
    listen_address: ListenAddress = Field(Address("127.0.0.1", 9443), examples=["0.0.0.0:9443"])
    manager_address: HttpsUrl = Field(examples=["https://manager:9443"])
    token_ttl: Duration = Field(timedelta(minutes=5), examples=["5m"])
    tls_cert: ReadableFile = Field(examples=["/pki/cert.pem"])
    auto_sign_grants: CommaList = Field((), examples=["servicePublication"])
    disable_crl_checks: bool = Field(default=False, examples=["true"])


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Example.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    certificate = tmp_path / "cert.pem"
    certificate.touch()
    monkeypatch.setenv("STORAGE_POSTGRES_DSN", "postgres://u:pw@db:5432/x")
    monkeypatch.setenv("MANAGER_ADDRESS", "https://manager:9443")
    monkeypatch.setenv("TLS_CERT", str(certificate))


def mistakes() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(Example)
    return caught.value.mistakes


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_ADDRESS", "127.0.0.1:1234")
    monkeypatch.setenv("TOKEN_TTL", "1h30m")
    monkeypatch.setenv("AUTO_SIGN_GRANTS", "servicePublication, delegatedServicePublication,")
    settings = load(Example)
    assert settings.listen_address == Address("127.0.0.1", 1234)
    assert settings.token_ttl == timedelta(minutes=90)
    assert settings.auto_sign_grants == ("servicePublication", "delegatedServicePublication")
    assert settings.dsn == "postgres://u:pw@db:5432/x"


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_ADDRESS", "")
    assert load(Example).listen_address == Address("127.0.0.1", 9443)


def test_what_is_given_goes_before_the_environment() -> None:
    assert load(Example, storage_postgres_dsn="postgres://other/x").dsn == "postgres://other/x"


def test_every_mistake_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MANAGER_ADDRESS")
    monkeypatch.setenv("LISTEN_ADDRESS", "9443")
    monkeypatch.setenv("TOKEN_TTL", "five")
    monkeypatch.setenv("LOG_TYPE", "xml")
    monkeypatch.setenv("DISABLE_CRL_CHECKS", "perhaps")
    monkeypatch.setenv("TLS_CERT", "/nowhere")
    assert sorted(mistakes()) == [
        "DISABLE_CRL_CHECKS must be true or false, not 'perhaps'; for example DISABLE_CRL_CHECKS=true.",
        "LISTEN_ADDRESS must be host:port, not '9443'; for example LISTEN_ADDRESS=0.0.0.0:9443.",
        "LOG_TYPE must be 'live' or 'local', not 'xml'; for example LOG_TYPE=live.",
        "MANAGER_ADDRESS is not set; for example MANAGER_ADDRESS=https://manager:9443.",
        "TLS_CERT must be a file that exists, not '/nowhere'; for example TLS_CERT=/pki/cert.pem.",
        "TOKEN_TTL must be a duration such as 1h30m, 5s or 300ms, not 'five'; for example TOKEN_TTL=5m.",
    ]


def test_a_mistake_of_the_whole_is_a_sentence_too() -> None:
    class Whole(Example):
        @model_validator(mode="after")
        def _check(self) -> Self:
            raise ValueError("MANAGER_ADDRESS and TLS_CERT do not go together.")

    with pytest.raises(SettingsError, match=r"^MANAGER_ADDRESS and TLS_CERT do not go together\.$"):
        load(Whole)


def test_a_wrong_dsn_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_POSTGRES_DSN", "postgres://u:pw@db:5432/x?hunter=2")
    (mistake,) = mistakes()
    assert mistake.startswith("STORAGE_POSTGRES_DSN must be a connection string of PostgreSQL; for example ")
    assert "hunter" not in mistake


def test_a_password_in_the_wrong_variable_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANAGER_ADDRESS", "postgres://u:s3cret@db:5432/x")
    assert "s3cret" not in mistakes()[0]


def test_the_password_does_not_show_in_the_settings() -> None:
    assert "pw" not in repr(load(Example))


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TLS_CERT", str(tmp_path))
    assert mistakes()[0].startswith("TLS_CERT must be a file that can be read (Is a directory), not ")


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:80", ("::1", 80)), ("a.b:1", ("a.b", 1))],
)
def test_an_address_is_a_host_and_a_port(text: str, address: tuple[str, int]) -> None:
    assert parse_address(text) == address


def test_a_port_alone_is_on_every_interface() -> None:
    assert str(parse_address(":80")) == "0.0.0.0:80"


@pytest.mark.parametrize("text", ["", "80", "a:", "a:b", "a:0", "a:65536", "::1:80", "[::1]", "a:\u0668\u0660"])
def test_another_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be host:port"):
        parse_address(text)


@pytest.mark.parametrize("text", ["https://a", "https://a:8443", "https://a:8443/", "https://[::1]:8443"])
def test_an_https_url_is_accepted_without_its_slash(text: str) -> None:
    assert parse_https_url(text) == text.rstrip("/")


@pytest.mark.parametrize(
    "text",
    [
        "a:8443",
        "http://a",
        "https://",
        "https://a/path",
        "https://a?b",
        "https://u@a",
        "https://a:x",
        "https://a:0",
        "https://a b",
    ],
)
def test_another_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be an https URL"):
        parse_https_url(text)
