"""Connections to other machines: refused, unless the configuration allows them, and noted either way.

An app that is compared must not send mails, charge cards or report to a service twice over. What stays on the machine
(loopback, Unix sockets) passes.

Caught is what Python code asks the standard library's `socket` for: `requests`, `httpx`, `smtplib`, `redis`, `aiohttp`
and asyncio's own loop, among others. Not caught: uvloop and other libraries that open sockets in C (libpq under
psycopg, grpcio, librdkafka), data sent on a socket that was connected before the probe was loaded, and subprocesses.
"""

from __future__ import annotations

import _socket
import errno
import ipaddress
import socket
import sys
from typing import TYPE_CHECKING, Any

from .current import current, note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REMEMBERED = 1_000  # targets of datagrams that were noted; addresses of allowed names
LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}

_rules: set[tuple[str, str]] = set()  # host and port; '' is any port
_names: dict[str, str] = {}  # an address that an allowed name was resolved to, and the name
_datagrams: set[tuple[str, str]] = set()  # the request's id and the target
_installed: list[bool] = []


def install(settings: Mapping[str, Any]) -> None:
    """Guard every socket of this process from now on: an audit hook cannot be taken off."""
    if _installed:
        return
    _installed.append(True)
    _rules.update(_split(entry) for entry in settings.get("allow_outbound", ()))
    _follow_resolver()
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event[:7] == "socket." and event in _JUDGES:
        _JUDGES[event](*arguments)


def _connect(sock: socket.socket, address: Any) -> None:
    if _stays(address) or not _routed(sock):
        return
    _judge(*_named(address))


def _send(sock: socket.socket, address: Any) -> None:
    if address is None or _stays(address) or not _routed(sock):
        return
    host, port = _named(address)
    request = current.get()
    known = (request.id if request else "", f"{host}:{port}")
    if known in _datagrams and _allowed(host, port):
        return
    if len(_datagrams) >= REMEMBERED:
        _datagrams.clear()
    _datagrams.add(known)
    _judge(host, port)


def _lookup(host: Any, port: Any = None, *_: Any) -> None:
    """A name that is not allowed is not even asked for: the question leaves the machine."""
    name = _text(host)
    if name in LOCAL_NAMES or _address(name) is not None or name == socket.gethostname().lower():
        return
    if _known(name):  # whether the port is allowed too is seen when it connects
        return
    target = f"{name}:{_text(port)}" if port else name
    note("Outbound", target=target, allowed=False)
    raise socket.gaierror(socket.EAI_FAIL, _refusal("look-up", target))


_JUDGES: dict[str, Callable[..., None]] = {
    "socket.connect": _connect,
    "socket.sendto": _send,
    "socket.sendmsg": _send,
    "socket.getaddrinfo": _lookup,
    "socket.gethostbyname": _lookup,
}


def _judge(host: str, port: str) -> None:
    """Note a connection; refuse it unless it is allowed."""
    allowed = _allowed(host, port)
    name = _names.get(host, host)
    target = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    note("Outbound", target=target, allowed=allowed)
    if not allowed:
        raise ConnectionRefusedError(errno.ECONNREFUSED, _refusal("connection", target))


def _refusal(what: str, target: str) -> str:
    return (
        f"compare refused the {what} to {target}: while two apps are compared they must not act on other machines. "
        f'If this one is needed, add "{target}" to allow_outbound in the configuration of compare'
    )


def _stays(address: Any) -> bool:
    """Whether this address is on this machine, or no address of the internet at all (a path, a Netlink group)."""
    if not isinstance(address, tuple) or not address:
        return True
    host = address[0]
    if isinstance(host, str) and (host.startswith("127.") or host == "::1"):
        return True
    if not isinstance(host, str | bytes | bytearray):
        return True
    name = _text(host)
    found = _address(name)
    return name in LOCAL_NAMES if found is None else _loopback(found)


def _routed(sock: socket.socket) -> bool:
    return sock.family in {socket.AF_INET, socket.AF_INET6}


def _loopback(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)  # "0.0.0.0" connects to this machine


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _named(address: tuple[Any, ...]) -> tuple[str, str]:
    return _text(address[0]).partition("%")[0], _text(address[1]) if len(address) > 1 else ""


def _text(value: Any) -> str:
    """A host or port as it is compared."""
    text = (
        bytes(value).decode("latin-1") if isinstance(value, bytes | bytearray) else str("" if value is None else value)
    )
    return text.lower().rstrip(".")


def _allowed(host: str, port: str) -> bool:
    names = {host, _names.get(host, host)}
    return any((name, "") in _rules or (name, port) in _rules for name in names)


def _known(name: str) -> bool:
    """Whether some port of a host is allowed."""
    return any(host == name for host, _ in _rules)


def _split(entry: str) -> tuple[str, str]:
    """`host`, `host:port`, `::1`, `[::1]:80`."""
    text = entry.strip()
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return _text(host), port.lstrip(":")
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return _text(host), port
    return _text(text), ""


def _follow_resolver() -> None:
    """Remember the addresses of the names that are allowed, so that connections to them are."""
    original = _socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        found = original(host, port, *rest, **options)
        name = _text(host)
        if _known(name):
            if len(_names) >= REMEMBERED:
                _names.clear()
            _names.update({_text(entry[4][0]).partition("%")[0]: name for entry in found})
        return found

    _socket.getaddrinfo = getaddrinfo  # what socket.getaddrinfo calls
