"""A plain HTTP/1.1 client over TLS, with any client certificate; a connection for each request."""

from __future__ import annotations

import http.client
import json
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from support.openapi import exchanges, official
from support.openapi.document import Answered, Asked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wegennet.fsc.trial.keys import Files

TIMEOUT = 20.0


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        """The error by its header, which has to be that of the body."""
        code = self.headers.get("Fsc-Error-Code")
        if code is not None:
            assert self.json["code"] == code
            assert set(self.json) == {"message", "domain", "code"}
        return code


@dataclass(frozen=True)
class Client:
    """One identity at one server.

    Attributes:
        url: scheme, host and port, and a path that every request begins with.
        anchor: what the server's certificate is trusted by; none for plain HTTP.
        files: the client's certificate; none to come without.
        api: the OpenAPI document of what is there; that of a Manager's external API needs no name. What is asked and
            answered has to be as it says.
    """

    url: str
    anchor: Path | None = None
    files: Files | None = None
    api: str | None = None

    def call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        """One request; raises OSError when there is no answer."""
        connection = self.connection()
        target = urlsplit(self.url).path + path
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except http.client.HTTPException as error:
            raise ConnectionError(f"no answer: {error!r}") from error
        finally:
            connection.close()
        if api := self._document(target):
            asked = Asked(method, target, _lower(headers or {}), body or b"")
            exchanges.check(api, asked, Answered(answer.status, _lower(answer.headers), answer.body))
        return answer

    def _document(self, target: str) -> str | None:
        parts = urlsplit(self.url)
        at_manager = (parts.scheme, parts.port) == ("https", 8443) and target.startswith("/v1/")
        return self.api or (official.OURS if at_manager else None)

    def connection(self) -> http.client.HTTPConnection:
        """A connection to the server, not open yet."""
        parts = urlsplit(self.url)
        assert parts.hostname
        if self.anchor is None:
            return http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT)
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT, context=self.context())

    def context(self) -> ssl.SSLContext:
        """The TLS settings of this identity."""
        context = ssl.create_default_context(cafile=str(self.anchor))
        if self.files:
            context.load_cert_chain(self.files.certificate, self.files.key)
        return context

    def get(self, path: str, **parameters: str) -> Answer:
        """Reads something."""
        return self.call("GET", path + (f"?{urlencode(parameters)}" if parameters else ""))

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Sends JSON."""
        return self._send("POST", path, body, headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Sends JSON."""
        return self._send("PUT", path, body, headers)

    def post_form(self, path: str, form: dict[str, str]) -> Answer:
        """Sends a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call("POST", path, urlencode(form).encode(), headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call(method, path, data, {"Content-Type": "application/json", **named})


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
