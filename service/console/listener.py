"""The listening socket: its address, and whether others reach it; bound before any long work begins."""

import errno
import http.client
import ipaddress
import socket
import sys
from dataclasses import dataclass

import orjson

from service.console.command import CannotRun, Misuse

_PROBE_SECONDS = 2.0
_WAITING_CLIENTS = 2048
_PORTS = 2**16
_SPREADS = sys.platform == "linux"
_LISTENERS = {
    True: "a Knownwhen runs there already",
    False: "another program listens there",
    None: "whoever listens there does not answer yet, perhaps a Knownwhen that is starting",
}


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """An address to listen on: `host` as the user wrote it, the IP address it resolved to, and the TCP port.

    `is_loopback` says whether only this machine reaches each address that `host` resolves to.
    """

    host: str
    number: str
    family: socket.AddressFamily
    port: int
    is_loopback: bool

    @property
    def url(self) -> str:
        """The address for a browser or for curl."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def resolve(host: str, port: int) -> ListenAddress:
    """Resolve `host`, a name or an address of this machine. Raises Misuse where it is none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as problem:
        message = f"There is no address “{host}” here ({problem}). Set KNOWNWHEN_HOST to one of this machine: 127.0.0.1"
        raise Misuse(message) from problem
    reached = [(family, str(where[0])) for family, _, _, _, where in found]
    is_loopback = all(ipaddress.ip_address(number.partition("%")[0]).is_loopback for _, number in reached)
    family, number = min(reached, key=lambda each: each[0] != socket.AF_INET)  # localhost is 127.0.0.1 before it is ::1
    return ListenAddress(host, number, family, port, is_loopback)


def expect_loopback(address: ListenAddress) -> None:
    """Refuse an address that other machines reach, for a service without tokens. Raises Misuse."""
    if not address.is_loopback:
        message = (
            f"Knownwhen does not listen on {address.host} without tokens: other machines reach that address, and who"
            " does could read and write everything. Listen on 127.0.0.1, or `knownwhen serve` with"
            " KNOWNWHEN_ACCESS=tokens."
        )
        raise Misuse(message)


def listen(address: ListenAddress) -> socket.socket:
    """Bind the port now; clients that connect before the server runs wait.

    Raises CannotRun where the port is taken or may not be used.
    """
    return listen_for_each(address, 1)[0]


def listen_for_each(address: ListenAddress, processes: int) -> list[socket.socket]:
    """Bind the port now, once for each process, among which Linux then spreads connections evenly (SO_REUSEPORT).

    From one socket that processes share, whichever wakes first accepts all that wait. Elsewhere that is how it is.
    Raises CannotRun where the port is taken or may not be used.
    """
    listeners = [socket.socket(address.family, socket.SOCK_STREAM) for _ in range(processes if _SPREADS else 1)]
    try:
        for place, listener in enumerate(listeners):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a closed connection would hold it a minute
            if place > 0:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            listener.bind((address.number, address.port))
            if place == 0 and len(listeners) > 1:  # only now: the port must not be that of another server
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        for listener in listeners:
            listener.listen(_WAITING_CLIENTS)
    except OSError as problem:
        for listener in listeners:
            listener.close()
        raise CannotRun(_why(address, problem)) from problem
    return listeners


def knownwhen_answers(address: ListenAddress) -> bool | None:
    """Return whether the listener there is a Knownwhen; None where it does not answer in time."""
    connection = http.client.HTTPConnection(address.number, address.port, timeout=_PROBE_SECONDS)
    try:
        connection.request("GET", "/openapi.json")
        title = orjson.loads(connection.getresponse().read())["info"]["title"]
    except TimeoutError:
        return None
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return False
    finally:
        connection.close()
    return "knownwhen" in str(title).lower()


def _why(address: ListenAddress, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        who = _LISTENERS[knownwhen_answers(address)]
        return (
            f"The port {address.port} of {address.host} is taken: {who}. Stop that one, or choose another port: "
            f"KNOWNWHEN_PORT={max(8001, (address.port + 1) % _PORTS)}"
        )
    if problem.errno == errno.EACCES:
        return f"The port {address.port} is reserved for root; choose one above 1023: KNOWNWHEN_PORT=8000"
    return f"Knownwhen cannot listen on {address.host}, port {address.port}: {problem.strerror}."
