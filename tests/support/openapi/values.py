"""Values of a schema, as hypothesis draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import schemathesis

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from support.openapi.document import Document


def values(document: Document, schema: dict[str, Any]) -> SearchStrategy[Any]:
    """Values that are valid by a schema of a document: bodies of an API that takes nothing else."""
    carrier = {
        "openapi": document.content["openapi"],
        "info": {"title": "carrier", "version": "1"},
        "paths": {
            "/": {
                "post": {
                    "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
                    "responses": {"200": {"description": "OK"}},
                }
            }
        },
        "components": {"schemas": document.content["components"]["schemas"]},
    }
    operation = schemathesis.openapi.from_dict(carrier)["/"]["POST"]
    return operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE).map(lambda case: case.body)
