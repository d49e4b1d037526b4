"""Which header fields pass a hop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wegennet.fsc.gateway import headers


@pytest.mark.parametrize(
    "field",
    [
        (b"accept", b"application/json"),
        (b"authorization", b"Basic YTpi"),
        (b"content-length", b"12"),
        (b"content-type", b"text/plain"),
        (b"cookie", b"a=b"),
        (b"expect", b"100-continue"),
        (b"forwarded", b"for=192.0.2.1"),
        (b"trailer", b"x-checksum"),
        (b"x-empty", b""),
        (b"x-fsc-authorization", b"the service's own"),
    ],
)
def test_an_end_to_end_field_goes_on(field: tuple[bytes, bytes]) -> None:
    assert headers.request_headers([field]) == [field]


@pytest.mark.parametrize(
    "field",
    [
        (b"connection", b"close"),
        (b"keep-alive", b"timeout=5"),
        (b"proxy-authorization", b"Basic YTpi"),
        (b"proxy-connection", b"keep-alive"),
        (b"te", b"trailers, deflate"),
        (b"transfer-encoding", b"chunked"),
        (b"upgrade", b"h2c"),
        (b"http2-settings", b"AAMAAABkAAQCAAAAAAIAAAAA"),
        (b"host", b"outway.example"),
    ],
)
def test_a_hop_by_hop_field_ends_here(field: tuple[bytes, bytes]) -> None:
    assert headers.request_headers([field]) == []


@pytest.mark.parametrize(
    "name",
    [
        b"fsc-authorization",
        b"fsc-transaction-id",
        b"fsc-grant-hash",
        b"fsc-anything-new",
        b"fsc_authorization",
        b"fsc_transaction-id",
    ],
)
def test_a_clients_own_fsc_field_never_goes_on(name: bytes) -> None:
    assert headers.request_headers([(name, b"forged")]) == []


def test_what_connection_names_ends_here() -> None:
    came = [(b"connection", b"close, X-Secret"), (b"connection", b"x-other"), (b"x-secret", b"1"), (b"x-other", b"2")]
    assert headers.request_headers(came) == []


def test_connection_cannot_take_the_framing_away() -> None:
    came = [(b"connection", b"content-length"), (b"content-length", b"5")]
    assert headers.request_headers(came) == [(b"content-length", b"5")]


def test_order_and_duplicates_are_kept() -> None:
    came = [(b"x-b", b"2"), (b"x-a", b"1"), (b"x-b", b"3")]
    assert headers.request_headers(came) == came


def test_a_response_keeps_the_fsc_fields_of_the_other_side() -> None:
    came = [(b"fsc-error-code", b"ERROR_CODE_ACCESS_TOKEN_EXPIRED"), (b"connection", b"close")]
    assert headers.response_headers(came) == came[:1]


@pytest.mark.parametrize("name", [b"content-length", b"host", b"authorization", b"fsc-authorization", b"connection"])
def test_a_trailer_cannot_frame_route_or_authorize(name: bytes) -> None:
    assert headers.trailers([(name, b"x")]) == []


def test_a_trailer_of_the_application_passes() -> None:
    assert headers.trailers([(b"grpc-status", b"0")]) == [(b"grpc-status", b"0")]


@pytest.mark.parametrize("value", [b"trailers", b"gzip, Trailers", b"trailers;q=1"])
def test_te_says_that_trailers_are_taken(value: bytes) -> None:
    assert headers.accepts_trailers([(b"te", value)])


@pytest.mark.parametrize("value", [b"websocket", b"WebSocket", b"h2c, websocket", b"IRC/6.9"])
def test_a_protocol_that_is_not_http_is_an_upgrade(value: bytes) -> None:
    assert headers.asks_upgrade([(b"upgrade", value)])


@pytest.mark.parametrize("value", [b"h2c", b"H2C", b"TLS/1.0", b""])
def test_the_offer_of_another_http_version_is_none(value: bytes) -> None:
    assert not headers.asks_upgrade([(b"upgrade", value)])


names = st.text("abcdefsc-_", min_size=1, max_size=12).map(str.encode)


@given(st.lists(st.tuples(names, st.binary(max_size=5))))
def test_what_goes_on_is_a_part_of_what_came_in_the_same_order(came: list[tuple[bytes, bytes]]) -> None:
    rest = iter(came)
    assert all(field in rest for field in headers.request_headers(came))
