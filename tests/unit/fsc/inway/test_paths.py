"""Where a target leads under the endpoint of a Service."""

from __future__ import annotations

import pytest

from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.inway.paths import below


@pytest.mark.parametrize(
    "target",
    [b"/", b"/a/b?x=%2F..&y", b"//a", b"/%2e/../x", b"/a%20b/%C3%A9", b"/?", b"*", b"/a?"],
)
def test_a_service_at_the_root_gets_the_target_as_it_is(target: bytes) -> None:
    assert below(b"", target) == target


@pytest.mark.parametrize("target", [b"/", b"/a/b?to=/../x", b"/a..b", b"/...", b"/a%2Fb", b"/%2e/a"])
def test_an_endpoint_with_a_path_stands_before_the_target(target: bytes) -> None:
    assert below(b"/api/v1", target) == b"/api/v1" + target


@pytest.mark.parametrize(
    "target",
    [
        b"/..",
        b"/../admin",
        b"/a/../../admin",
        b"/%2e%2e/admin",
        b"/.%2E/admin",
        b"/..%2fadmin",
        b"/..\\admin",
        b"/..%5cadmin",
        b"/..;/admin",
        b"/..;x=1/admin",
        b"/a/..?x",
        b"*",
    ],
)
def test_a_path_that_leads_out_of_the_endpoint_is_none_of_the_services(target: bytes) -> None:
    with pytest.raises(FscError) as refusal:
        below(b"/api/v1", target)
    assert refusal.value.code == ErrorCode.SERVICE_NOT_FOUND
