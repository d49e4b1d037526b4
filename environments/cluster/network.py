"""The link between host and node: a veth pair, and the only thing that a cluster puts into the host's network."""

from __future__ import annotations

import ipaddress
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wegennet.console.errors import PlatformFailure, UserMistake
from wegennet.environments.cluster.node import LINK
from wegennet.environments.cluster.state import LINKS, Link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.environments.cluster.state import State

_COUNT = LINKS.num_addresses // 4


def take_link(state: State) -> Link:
    """The cluster's link: the one it has, or the first free one, kept for good.

    Raises:
        UserMistake: the host now uses the addresses for something else.
    """
    used = list(_used_networks(state.link_name))
    known = state.link()
    if known is not None:
        if _overlaps(known, used):
            raise UserMistake(
                f"The addresses of this cluster, {known.network}, are in use on this machine for something else.",
                remedy="Remove that address or route (`ip route`), or begin anew: `wegennet cluster reset`.",
            )
        return known
    numbers = ((state.preferred_link + step) % _COUNT for step in range(_COUNT))
    for link in map(Link, numbers):
        if not _overlaps(link, used):
            state.remember(link)
            return link
    raise UserMistake(f"All of {LINKS} is in use on this machine.", remedy="Free a part of it; see `ip route`.")


def exists(state: State) -> bool:
    """Whether the host's end of the link is there."""
    return (Path("/sys/class/net") / state.link_name).exists()


def lay(state: State, link: Link, node_pid: int) -> None:
    """Makes the pair, with one end in the node's network namespace, and gives the host's end its address."""
    name = state.link_name
    _ip("link", "add", name, "type", "veth", "peer", "name", LINK, "netns", str(node_pid))
    _ip("address", "add", f"{link.host}/30", "dev", name)
    _ip("link", "set", name, "up")


def remove(state: State) -> None:
    """Removes the pair, if it is there; the kernel itself removes it with the node's network namespace, in its time."""
    try:
        if exists(state):
            _ip("link", "delete", state.link_name)
    except PlatformFailure:
        if exists(state):
            raise


def _overlaps(link: Link, used: list[ipaddress.IPv4Network]) -> bool:
    return any(link.network.overlaps(network) for network in used)


def _used_networks(ours: str) -> Iterator[ipaddress.IPv4Network]:
    """The machine's own addresses, and the routes to a part of `LINKS`; but this cluster's own link.

    A wider route does not count: the link's is narrower, so the kernel prefers it. Its table of own addresses comes
    before all routes, however wide an entry there is.
    """
    for route in _json("route", "show", "table", "all"):
        if route["dst"] == "default" or route.get("dev") == ours or route.get("type") == "broadcast":
            continue
        used = ipaddress.IPv4Network(route["dst"], strict=False)
        if route.get("type") == "local" or used.subnet_of(LINKS):
            yield used


def _json(*arguments: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = json.loads(_ip("-4", "-json", *arguments) or "[]")
    return answer


def _ip(*arguments: str) -> str:
    answer = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise PlatformFailure(f"`ip {' '.join(arguments)}` failed: {answer.stderr.strip()}")
    return answer.stdout
