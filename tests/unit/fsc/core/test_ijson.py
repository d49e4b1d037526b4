from __future__ import annotations

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wegennet.fsc.core.ijson import InvalidJsonError, canonical, parse

CHARACTERS = st.characters(exclude_categories=["Cs", "Cn"])
SAFE = 2**53 - 1
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE, SAFE)
    | st.floats(-SAFE, SAFE, allow_nan=False)
    | st.text(CHARACTERS, max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(CHARACTERS, max_size=4), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": 1, "a": 1}', "the key 'a' more than once"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "the key 'b' more than once"),
        (b"[NaN]", "NaN is no number"),
        (b"[Infinity]", "Infinity is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"1e999", "beyond"),
        (b"-1e999", "beyond"),
        (b"9007199254740992", "beyond"),
        (b"-9007199254740992", "beyond"),
        (b"9007199254740992.0", "beyond"),
        (b"1" * 5000, "beyond"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b'[[{"a": ["\\ud83d"]}]]', "surrogate"),
        (b'"\\uffff"', "no character"),
        (b'"\\ufdd0"', "no character"),
        ('"\U0001fffe"'.encode(), "no character"),
        (b'"\xff"', "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
        (b'"\xc0\xaf"', "not UTF-8"),
        (b'\xef\xbb\xbf"a"', "byte order mark"),
        ('"a"'.encode("utf-16"), "not UTF-8"),
        ('"a"'.encode("utf-16-be"), "not JSON"),
        (b"", "not JSON"),
        (b" ", "not JSON"),
        (b"[1,]", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b"[1] [2]", "not JSON"),
        (b"[01]", "not JSON"),
        (b"[1.]", "not JSON"),
        (b"[.5]", "not JSON"),
        (b"[+1]", "not JSON"),
        (b"[0x10]", "not JSON"),
        (b'"a\nb"', "not JSON"),
        (b'"a', "not JSON"),
        (b"[1]\x00", "not JSON"),
        (b"/* a */ 1", "not JSON"),
        (b"tru", "not JSON"),
        (b"\xc2\xa0[1]", "not JSON"),
    ],
)
def test_what_peers_could_read_differently_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidJsonError, match=reason):
        parse(data)


@pytest.mark.parametrize("pair", [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]")])
@pytest.mark.parametrize("depth", [65, 10_000, 1_000_000])
def test_deep_nesting_is_refused(pair: tuple[bytes, bytes], depth: int) -> None:
    with pytest.raises(InvalidJsonError, match="nested deeper than 64"):
        parse(pair[0] * depth + b"1" + pair[1] * depth)


def test_deep_nesting_that_never_closes_is_refused() -> None:
    with pytest.raises(InvalidJsonError):
        parse(b"[" * 1_000_000)


def test_empty_array_counts_as_a_level() -> None:
    with pytest.raises(InvalidJsonError, match="nested deeper than 2"):
        parse(b"[[[]]]", max_depth=2)


def test_deepest_allowed_nesting_is_read() -> None:
    assert parse(b"[" * 64 + b'"a"' + b"]" * 64)


def test_surrogate_at_the_deepest_level_is_refused() -> None:
    with pytest.raises(InvalidJsonError, match="surrogate"):
        parse(b"[" * 64 + b'"\\ud800"' + b"]" * 64)


def test_pair_of_surrogates_is_a_character() -> None:
    assert parse(b'"\\ud83d\\ude00"') == "\U0001f600"


@pytest.mark.parametrize("number", [SAFE, -SAFE, 0, 1.5, -0.001, 1e15])
def test_number_within_range_is_read(number: float) -> None:
    assert parse(json.dumps(number).encode()) == number


def test_error_does_not_repeat_a_long_key() -> None:
    key = "k" * 10_000
    with pytest.raises(InvalidJsonError) as caught:
        parse(f'{{"{key}": 1, "{key}": 2}}'.encode())
    assert len(str(caught.value)) < 120


@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value


@given(VALUES)
def test_canonical_form_is_read_back(value: object) -> None:
    assert parse(canonical(value)) == value


@given(VALUES)
def test_canonical_form_does_not_depend_on_how_it_was_written(value: object) -> None:
    spaced = json.dumps(value, indent=3, ensure_ascii=True).encode()
    raw = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert canonical(parse(spaced)) == canonical(parse(raw)) == canonical(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes) -> None:
    try:
        parse(data)
    except InvalidJsonError as error:
        assert str(error).endswith(".")  # noqa: PT017 - both ends are right


@given(st.text(string.printable + "\ud800\uffff", max_size=60))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        parse(text.encode("utf-8", "surrogatepass"))
    except InvalidJsonError as error:
        assert str(error).endswith(".")  # noqa: PT017 - both ends are right


@pytest.mark.parametrize(
    ("value", "form"),
    [
        # RFC 8785, 3.2.2 and 3.2.3
        ({"numbers": [333333333.33333329, 4.50, 2e-3, 1e-27]}, b'{"numbers":[333333333.3333333,4.5,0.002,1e-27]}'),
        ({"string": '\u20ac$\x0f\nA\'B"\\\\"/'}, '{"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()),
        ({"literals": [None, True, False]}, b'{"literals":[null,true,false]}'),
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7},
            '{"\\r":2,"1":4,"\x80":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'.encode(),
        ),
        # RFC 8785, appendix B
        (-0.0, b"0"),
        (5e-324, b"5e-324"),
        (295147905179352830.0 / 1e6, b"295147905179.35284"),
        (9.999999999999997e-7, b"9.999999999999997e-7"),
        (0.000001, b"0.000001"),
        (1.0, b"1"),
        (333333333.33333325, b"333333333.33333325"),
        (-0.0000033333333333333333, b"-0.0000033333333333333333"),
        (1424953923781206.2, b"1424953923781206.2"),
    ],
)
def test_canonical_form_is_that_of_the_rfc(value: object, form: bytes) -> None:
    assert canonical(value) == form


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {1: 2}, object(), b"a", 2**53])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(InvalidJsonError):
        canonical(value)
