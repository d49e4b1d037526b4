"""The OpenAPI documents of every API of the peer, generated from the applications that serve them.

`python -m wegennet.fsc.openapi` writes them into `docs/openapi` (`make generate`); a test holds them to the
applications.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wegennet.fsc.openapi.published import PUBLISHED
from wegennet.fsc.service.openapi import document

if TYPE_CHECKING:
    from wegennet.fsc.openapi.published import Published

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "openapi"

_ON_ERRORS: Final = """

Errors of status 400 and higher are answered with `{message, domain, code}` and the code once more in the header
`Fsc-Error-Code`: also 404 for a path and 405 for a method that is not there, and 500 for a fault that nobody foresaw.
""".rstrip()


def documents() -> dict[str, dict[str, Any]]:
    """Each document by the name of its file."""
    return {f"{published.name}.json": _document(published) for published in PUBLISHED}


def write(folder: Path = FOLDER) -> list[Path]:
    """Writes each document as JSON into `folder` and gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(content, folder / name) for name, content in documents().items()]


def _write(content: dict[str, Any], file: Path) -> Path:
    file.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    return file


def _document(published: Published) -> dict[str, Any]:
    described = document(published.application())
    described["info"]["description"] = published.description + _ON_ERRORS
    described["servers"] = [_server(published.port)]
    components = described["components"]
    for name, example in published.examples.items():
        if name in components["schemas"]:
            components["schemas"][name]["examples"] = [example]
    if published.certificate:
        components["securitySchemes"] = {"mutualTLS": {"type": "mutualTLS", "description": published.certificate}}
        described["security"] = [{"mutualTLS": []}]
    return described


def _server(port: int) -> dict[str, Any]:
    host = {"default": "localhost", "description": "Where the component listens."}
    return {"url": f"https://{{host}}:{port}", "variables": {"host": host}}
