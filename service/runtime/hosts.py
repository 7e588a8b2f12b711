"""The hosts that a service answers for: loopback, its listening address, and configured names."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

ANY: Final = "*"
"""The name for every host, where a proxy in front checks them."""
SETTING: Final = "KNOWNWHEN_HOSTS"
ORIGINS_SETTING: Final = "KNOWNWHEN_ORIGINS"

_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{0,5})?")
_LOCAL: Final = "localhost"
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class NoHost(ValueError):
    """A text is not a host name; the sentence says what one is."""


class Hosts:
    """The names and addresses that `Host` and `Origin` may have, at any port; and `origins` of other sites' pages.

    Other names are refused because a page of another site could resolve its own name to this machine (DNS rebinding),
    and read and write here as if it were of the same origin.
    """

    def __init__(self, listening: str = "127.0.0.1", names: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self.origins = frozenset(origins)
        self._names = {host_name(each) for each in (listening, _LOCAL, *names) if each != ANY}
        self.any = ANY in names
        self._wildcard = _is_wildcard(listening)
        self.includes = lru_cache(maxsize=1024)(self._includes)

    def _includes(self, host: str) -> bool:
        """Say whether a host, with or without a port, is one of them. Raises NoHost."""
        found = _HOST.fullmatch(host)
        if not found:
            message = "it must be a name or an address, and may have a port, such as 127.0.0.1:8000"
            raise NoHost(message)
        name = host_name(found[1])
        if self.any or name in self._names:
            return True
        address = _address(name)
        return address is not None and (self._wildcard or _is_loopback(address))


def host_name(text: str) -> str:
    """Return a host in its canonical form: lower case, ASCII, without brackets and without a trailing dot.

    Raises NoHost.
    """
    name = text.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")
    if address := _address(name):
        return str(address)
    try:
        name = name.encode("idna").decode("ascii")
    except UnicodeError as error:
        message = f"“{text}” is no host"
        raise NoHost(message) from error
    if not _HOST.fullmatch(name) or ":" in name:
        message = f"“{text}” is no host"
        raise NoHost(message)
    return name


def origin(text: str) -> str:
    """Return the origin of a site's pages, such as `https://app.example.org`, as browsers write it.

    Raises NoHost.
    """
    scheme, _, authority = text.strip().lower().partition("://")
    found = _HOST.fullmatch(authority)
    if scheme not in _DEFAULT_PORTS or not found:
        message = f"“{text}” is no origin"
        raise NoHost(message)
    name = host_name(found[1])
    port = (found[2] or "").removesuffix(_DEFAULT_PORTS[scheme])
    return f"{scheme}://{f'[{name}]' if ':' in name else name}{port}"


def _address(name: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None


def _is_loopback(address: IPAddress) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _is_wildcard(listening: str) -> bool:
    """Say whether a service listens on all addresses of its machine, which are not known here."""
    address = _address(listening)
    return address is not None and address.is_unspecified
