"""Texts without the secrets that stand in them."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "***"
# A JWS or JWT, and the password in a URL.
_JWS: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
_URL_PASSWORD: Final = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^/\s:@]*):[^/\s@]+@", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """The text with every token and every password in a URL hidden."""
    return _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", _JWS.sub(HIDDEN, text))
