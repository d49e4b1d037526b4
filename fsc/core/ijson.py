"""Strict JSON: what can be hashed the same way by every peer (FSC Core 4.1.8; RFC 7493 I-JSON; RFC 8785 JCS)."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from typing import Any, Final, NoReturn

import rfc8785

MAX_DEPTH: Final = 64
MAX_NUMBER: Final = 2**53 - 1

_LONGEST_INTEGER: Final = len(str(-MAX_NUMBER))
_SHOWN: Final = 40
_CONTAINERS: Final = (dict, list)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# RFC 7493, 2.1: neither surrogates nor noncharacters.
_LAST_OF_EACH_PLANE: Final = "".join(
    chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
)
_NO_CHARACTER: Final = re.compile(f"[\ud800-\udfff\ufdd0-\ufdef{_LAST_OF_EACH_PLANE}]")


class InvalidJsonError(ValueError):
    """Bytes that are no I-JSON; the message is a sentence that says why."""


def parse(data: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Reads one I-JSON text.

    Numbers beyond ±(2**53-1) are refused also when written with an exponent: their canonical form would be an
    integer that no receiver needs to read exactly (RFC 7493, 2.2).

    Args:
        data: the text in UTF-8.
        max_depth: how deep arrays and objects may be nested.

    Raises:
        InvalidJsonError: it is no JSON, or JSON that peers could read differently.
    """
    if data.startswith(_BYTE_ORDER_MARK):
        raise InvalidJsonError("The text starts with a byte order mark; leave it out.")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidJsonError(f"The text is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        raise InvalidJsonError(f"This is not JSON: {error.msg} (character {error.pos}).") from None
    except RecursionError:
        raise InvalidJsonError(_too_deep(max_depth)) from None
    _check_characters([value])
    _check_inside(value, max_depth)
    return value


def canonical(value: Any) -> bytes:
    """The canonical form of a JSON value (RFC 8785), in UTF-8.

    Raises:
        InvalidJsonError: the value has no canonical form (not a number, a lone surrogate, another type than JSON's).
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise InvalidJsonError(f"There is no canonical form: {error or 'nested too deeply'}.") from None


def _check_inside(value: Any, max_depth: int) -> None:
    level = [value]
    for depth in itertools.count():
        containers = [item for item in level if isinstance(item, _CONTAINERS)]
        if not containers:
            return
        if depth == max_depth:
            raise InvalidJsonError(_too_deep(max_depth))
        level = [member for container in containers for member in _members(container)]
        _check_characters(level)


def _members(container: dict[str, Any] | list[Any]) -> list[Any]:
    return [*container, *container.values()] if isinstance(container, dict) else container


def _check_characters(values: list[Any]) -> None:
    for value in values:
        if isinstance(value, str) and not value.isascii() and _NO_CHARACTER.search(value):
            raise InvalidJsonError("A string holds a surrogate or a code point that is no character.")


def _too_deep(max_depth: int) -> str:
    return f"Arrays and objects are nested deeper than {max_depth}."


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise InvalidJsonError(f"An object has the key {_shown(twice)} more than once.")
    return members


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER or abs(int(text)) > MAX_NUMBER:
        raise InvalidJsonError(f"The number {_shown(text)} is beyond ±(2^53 - 1).")
    return int(text)


def _float(text: str) -> float:
    number = float(text)
    if abs(number) > MAX_NUMBER:
        raise InvalidJsonError(f"The number {_shown(text)} is beyond ±(2^53 - 1).")
    return number


def _no_constant(text: str) -> NoReturn:
    raise InvalidJsonError(f"{text} is no number in JSON.")


def _shown(text: str) -> str:
    """A name or number for a sentence: quoted, in ASCII, of bounded length."""
    return ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_no_constant
)
