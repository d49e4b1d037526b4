"""Configuration from the environment, under OpenFSC's names, and every mistake in it said at once.

A component's settings are a class of these parts with its own fields; `load` reads it. An empty variable is one that is
not set.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, TypeVar
from urllib.parse import urlsplit

import psycopg
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from wegennet.fsc.service.durations import parse_duration
from wegennet.fsc.service.secrets import without_secrets
from wegennet.fsc.storage.database import complete_dsn

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_PORTS: Final = range(1, 65536)


class SettingsError(Exception):
    """The configuration is wrong; `mistakes` are sentences that name the variable, one for each."""

    exit_code = 1

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """`host:port`, `[host]:port` for IPv6, or `:port` for every interface.

    Raises:
        ValueError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    known = port.isascii() and port.isdecimal() and int(port) in _PORTS
    if not colon or not known or (":" in host and not bracketed):
        raise ValueError("must be host:port")
    return Address(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 (what Go means by an empty host)


def parse_https_url(text: str) -> str:
    """An https URL of a host and perhaps a port; given back without a slash at its end.

    Raises:
        ValueError: another scheme, or with a path, query or credentials.
    """
    try:
        parts = urlsplit(text)
        whole = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0 and " " not in text
    except ValueError:
        whole = False
    if not whole or parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must be an https URL with a host, without a path")
    return f"https://{parts.netloc}"


def _address(value: Any) -> Any:
    return parse_address(value) if isinstance(value, str) else value


def _duration(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _readable(path: Path) -> Path:
    try:
        with path.open("rb"):
            return path
    except FileNotFoundError:
        raise ValueError("must be a file that exists") from None
    except OSError as error:
        raise ValueError(f"must be a file that can be read ({error.strerror})") from None


def _dsn(value: SecretStr) -> SecretStr:
    try:
        complete_dsn(value.get_secret_value())
    except psycopg.ProgrammingError:
        # Its message quotes the string, and with it the password.
        raise ValueError("must be a connection string of PostgreSQL") from None
    return value


def _listed(value: Any) -> Any:
    return tuple(part for item in value.split(",") if (part := item.strip())) if isinstance(value, str) else value


ListenAddress = Annotated[Address, PlainValidator(_address)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
HttpsUrl = Annotated[str, AfterValidator(parse_https_url)]
ReadableFile = Annotated[Path, AfterValidator(_readable)]
Dsn = Annotated[SecretStr, AfterValidator(_dsn)]
CommaList = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Settings(BaseSettings):
    """What every process has; SHUTDOWN_DELAY is ours. A field's description is its line in the documentation."""

    model_config = SettingsConfigDict(env_ignore_empty=True, enable_decoding=False, extra="ignore", frozen=True)

    log_type: Literal["live", "local"] = Field(
        "live", description="`live`: one JSON object a line; `local`: text", examples=["live"]
    )
    log_level: Literal["debug", "info", "warn", "warning", "error"] = Field(
        "info", description="`debug`, `info`, `warn` or `error`", examples=["info"]
    )
    shutdown_delay: Duration = Field(
        timedelta(0),
        description="how long it serves on after SIGTERM, not ready, so that nothing comes any more when it stops",
        examples=["5s"],
    )
    monitoring_address: ListenAddress = Field(
        Address("0.0.0.0", 8081),  # noqa: S104
        description="health and metrics, in the clear",
        examples=["0.0.0.0:8081"],
    )

    def mistakes(self) -> list[str]:
        """What is wrong with settings that are each well-formed, as sentences; a part adds to those of its base."""
        return []


class Stored(Settings):
    """A process with a database."""

    storage_postgres_dsn: Dsn = Field(
        description="its PostgreSQL database, which no other component uses",
        examples=["postgres://user:password@host:5432/database"],
    )

    @property
    def dsn(self) -> str:
        """The connection string, password and all."""
        return self.storage_postgres_dsn.get_secret_value()


S = TypeVar("S", bound=Settings)


def load(kind: type[S], **given: Any) -> S:
    """Reads the environment; `given` goes before it, as the options of a command line do.

    Raises:
        SettingsError: with every mistake.
    """
    try:
        settings = kind(**given)
    except ValidationError as error:
        malformed = [_sentence(kind, detail) for detail in error.errors(include_url=False)]
        raise SettingsError(malformed + _of_parts(kind, given)) from None
    if mistakes := settings.mistakes():
        raise SettingsError(mistakes)
    return settings


def _of_parts(kind: type[Settings], given: dict[str, Any]) -> list[str]:
    """What is wrong in the parts of malformed settings that are well-formed themselves: with certificates, mostly."""
    found: dict[str, None] = {}
    for part in kind.__mro__[1:]:
        if issubclass(part, Settings):
            try:
                found |= dict.fromkeys(part(**given).mistakes())
            except ValidationError:
                continue
    return list(found)


def _sentence(kind: type[Settings], detail: ErrorDetails) -> str:
    """One mistake: the variable, what it must be, what it is, and an example."""
    if not detail["loc"]:
        return _rule(detail)
    field = str(detail["loc"][0])
    variable, info = field.upper(), kind.model_fields[field]
    example = f"; for example {variable}={info.examples[0]}." if info.examples else "."
    if detail["type"] == "missing":
        return f"{variable} is not set{example}"
    is_now = "" if _secret(info) else f", not {without_secrets(str(detail['input']))!r}"
    return f"{variable} {_rule(detail)}{is_now}{example}"


def _rule(detail: ErrorDetails) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] == "literal_error":
        return f"must be {detail['ctx']['expected']}"
    if detail["type"] == "bool_parsing":
        return "must be true or false"
    rule = detail["msg"].replace("Input should be ", "must be ")
    return rule[0].lower() + rule[1:]


def _secret(info: FieldInfo) -> bool:
    return info.annotation is SecretStr
