"""Limits of requests in a minute, counted in this process: of each token; of invalid tokens from one network."""

import math
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from service.access.refusals import TooManyRequests

MOST_FAILURES: Final = 30
"""Tokens that are not valid which one network may send in a minute."""
LARGEST_BLOCK: Final = 256
"""The most requests that are taken off a limit at once: the library needs 9 µs each time, and may start a thread."""

_WINDOW_SECONDS: Final = 60
_IPV4_PREFIX, _IPV6_PREFIX = 24, 64


class RequestLimits:
    """Counts requests in fixed windows of a minute; `requests` is the most of one token. `now` is the time of day."""

    def __init__(self, requests: int, now: Callable[[], datetime]) -> None:
        self._now = now
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(requests, namespace="token")
        self._failures = RateLimitItemPerMinute(MOST_FAILURES, namespace="failed")
        self._block = max(1, min(LARGEST_BLOCK, requests // 100))

    def take(self, token_id: str) -> int:
        """Take requests of a token off its limit, and return how many it may send before the next call.

        Raises TooManyRequests.
        """
        for block in (self._block, 1):
            if self._limiter.test(self._requests, token_id, cost=block):  # a hit counts also where it exceeds
                self._limiter.hit(self._requests, token_id, cost=block)
                return block
        message = f"This token may send {self._requests.amount:,} requests a minute to this process."
        raise self._exceeded(message, self._requests, token_id)

    def expect_few_failures(self, client: str) -> None:
        """Refuse to look up another token for a network that sent too many. Raises TooManyRequests."""
        network = network_of(client)
        if not self._limiter.test(self._failures, network):
            message = f"Too many tokens that are not valid came from {network or 'there'} within a minute."
            raise self._exceeded(message, self._failures, network)

    def count_failure(self, client: str) -> None:
        """Count a token that is not valid."""
        self._limiter.hit(self._failures, network_of(client))

    def _exceeded(self, message: str, limit: RateLimitItem, key: str) -> TooManyRequests:
        seconds = self._limiter.get_window_stats(limit, key).reset_time - self._now().timestamp()
        return TooManyRequests(message, min(_WINDOW_SECONDS, max(1, math.ceil(seconds))))


def network_of(client: str) -> str:
    """Return the network of an address: /24 of IPv4, /64 of IPv6; what is no address is returned unchanged."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    address = getattr(address, "ipv4_mapped", None) or address
    prefix = _IPV4_PREFIX if isinstance(address, IPv4Address) else _IPV6_PREFIX
    return str(ip_network(f"{address}/{prefix}", strict=False))
