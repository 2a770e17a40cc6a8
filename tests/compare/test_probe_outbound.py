"""Connections to other machines."""

import pytest

from .probed.alone import told

# 192.0.2.0/24 and 2001:db8::/32 are set aside for documentation: nobody answers, and nobody is meant to be asked.
INSTALLED = """
import _socket, errno, socket
real = _socket.getaddrinfo
asked = []
def resolver(host, port, *rest, **options):
    # The names of the tests, without asking anyone.
    sys.audit("socket.getaddrinfo", host, port, 0, 0, 0)
    asked.append(host)
    if host == "allowed.example":
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]
    return real(host, port, *rest, **options)
_socket.getaddrinfo = resolver
outbound.install(settings)


def tried(call):
    request = entered()
    try:
        call()
        outcome = "passed"
    except OSError as error:
        outcome = [type(error).__name__, error.errno, "allow_outbound" in str(error)]
    return [outcome, noted(request)]


def connect(address, family=socket.AF_INET, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as sock:
        sock.setblocking(False)
        try:
            sock.connect(address)
        except BlockingIOError:  # it was let through
            pass
"""


def outbound(target: str, *, allowed: bool) -> list[object]:
    """What is noted of a connection."""
    return ["Outbound", {"target": target, "allowed": allowed}]


REFUSED = ["ConnectionRefusedError", 111, True]


@pytest.mark.parametrize(
    ("call", "target"),
    [
        ("connect(('192.0.2.1', 443))", "192.0.2.1:443"),
        ("connect(('2001:db8::1', 443, 0, 0), socket.AF_INET6)", "[2001:db8::1]:443"),
        ("socket.create_connection(('192.0.2.1', 25), timeout=1)", "192.0.2.1:25"),
        ("connect(('192.0.2.1', 53), kind=socket.SOCK_DGRAM)", "192.0.2.1:53"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 8125))", "192.0.2.1:8125"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 8125))", "192.0.2.1:8125"),
        ("asyncio.run(asyncio.open_connection('192.0.2.1', 80))", "192.0.2.1:80"),
    ],
)
def test_a_connection_to_another_machine_is_refused_and_noted(call: str, target: str) -> None:
    quiet = "import warnings; warnings.simplefilter('ignore', ResourceWarning)\n"  # of the sockets of these lines

    outcome, seen = told(f"{INSTALLED}{quiet}said(tried(lambda: {call}))")

    assert outcome[0] == "ConnectionRefusedError"
    assert outcome[2]
    assert seen == [outbound(target, allowed=False)]


def test_a_name_is_not_even_asked_for() -> None:
    outcome, seen, asked = told(
        INSTALLED
        + """
said([*tried(lambda: socket.create_connection(("refused.example", 443), timeout=1)), asked])
"""
    )

    assert (outcome[0], outcome[2]) == ("gaierror", True)
    assert seen == [outbound("refused.example:443", allowed=False)]
    assert asked == []


@pytest.mark.parametrize(
    ("allow", "port", "passes"),
    [
        ("allowed.example", 443, True),
        ("ALLOWED.example.", 443, True),
        ("allowed.example:443", 443, True),
        ("allowed.example:443", 444, False),
        ("192.0.2.1", 443, False),  # the name itself is not: to ask for it leaves the machine
    ],
)
def test_a_name_that_is_allowed_lets_its_addresses_through(allow: str, port: int, *, passes: bool) -> None:
    outcome, seen = told(
        INSTALLED
        + f"""
def call():
    connect(socket.getaddrinfo("allowed.example", {port})[0][4])
said(tried(call))
""",
        allow_outbound=[allow],
    )

    assert (outcome == "passed") is passes
    assert seen == [outbound(f"allowed.example:{port}", allowed=passes)]


@pytest.mark.parametrize(
    ("allow", "port", "passes"), [("192.0.2.1", 80, True), ("192.0.2.1:80", 80, True), ("192.0.2.1:80", 81, False)]
)
def test_an_address_may_be_allowed_with_and_without_a_port(allow: str, port: int, *, passes: bool) -> None:
    outcome, seen = told(f"{INSTALLED}said(tried(lambda: connect(('192.0.2.1', {port}))))", allow_outbound=[allow])

    assert outcome == ("passed" if passes else REFUSED)
    assert seen == [outbound(f"192.0.2.1:{port}", allowed=passes)]


@pytest.mark.parametrize("allow", ["[2001:db8::1]:443", "2001:db8::1"])
def test_an_address_of_version_6_may_be_allowed(allow: str) -> None:
    _, seen = told(
        f"{INSTALLED}said(tried(lambda: connect(('2001:db8::1', 443, 0, 0), socket.AF_INET6)))", allow_outbound=[allow]
    )

    assert seen == [outbound("[2001:db8::1]:443", allowed=True)]


def test_what_stays_on_the_machine_passes_in_silence() -> None:
    shown = told(
        INSTALLED
        + """
import os, tempfile
server = socket.create_server(("127.0.0.1", 0))
port = server.getsockname()[1]
folder = tempfile.mkdtemp()
local = socket.socket(socket.AF_UNIX)
local.bind(folder + "/socket")
local.listen()
def unix():
    connect(folder + "/socket", socket.AF_UNIX)
def datagram():
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("127.0.0.1", 9))
def name():
    socket.create_connection(("localhost", port)).close()
def loop():
    async def run():
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
    asyncio.run(run())
calls = [lambda: connect(("127.0.0.1", port)), lambda: connect(("127.3.4.5", port)), lambda: connect(("0.0.0.0", port)),
         lambda: connect(("localhost", port)), unix, datagram, name, loop]
said([tried(call) for call in calls])
server.close(), local.close(), os.unlink(folder + "/socket"), os.rmdir(folder)
"""
    )

    # Nobody listens at 127.3.4.5: the kernel may say so, compare must not.
    assert [outcome for outcome, _ in shown if outcome != "passed" and outcome[2]] == []
    assert [seen for _, seen in shown] == [[]] * len(shown)
    assert shown[0][0] == shown[4][0] == shown[7][0] == "passed"


def test_a_flood_of_datagrams_to_an_allowed_target_is_noted_once_a_request() -> None:
    shown = told(
        INSTALLED
        + """
def flood():
    request = entered("r" + str(len(seen)))
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        for _ in range(20):
            try:
                sock.sendto(b"x", ("192.0.2.1", 8125))
            except ConnectionRefusedError:
                raise
            except OSError:  # the machine has no route there
                pass
    seen.append(len(noted(request)))
seen = []
flood(), flood()
said(seen)
""",
        allow_outbound=["192.0.2.1"],
    )

    assert shown == [1, 1]
