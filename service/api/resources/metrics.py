"""The metrics of the service, in the format of Prometheus."""

import ipaddress
from collections.abc import Iterable
from typing import Final, cast

from fastapi import Request
from prometheus_client.core import Metric
from starlette.responses import Response

from service.api.authorization import require
from service.api.metrics import CONTENT_TYPE, Metrics, gauge
from service.api.principals import RequestPrincipal
from service.api.resource import Resource
from service.api.services import InjectedServices, Services
from service.projections.registry import Generation
from service.transparency.signed_log import NotSigned

RESOURCE = Resource("service")

_FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""What proxies add, each some of it."""
_POOL: Final = {
    "pool_size": "Connections to the database",
    "pool_available": "Connections to the database that are free",
    "requests_waiting": "Requests that wait for a connection to the database",
}


@RESOURCE.get(
    "/metrics",
    summary="Metrics for Prometheus",
    **RESOURCE.reads(
        None, "token-needed scope-missing", scope=None, also={"text/plain": {"schema": {"type": "string"}}}
    ),
)
async def metrics(request: Request, services: InjectedServices, principal: RequestPrincipal) -> Response:
    """Count requests, commands, transactions, closed connections; tell how far the log, read models and signing are.

    For tokens with the scope `audit`, and for this machine without one. No label holds anything of a report.
    """
    if not _is_from_here(request):
        require(principal, "audit")
    counted = cast("Metrics", request.app.state.metrics)
    text = counted.text(await _of_database(services))
    return Response(text, 200, {"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE})


def _is_from_here(request: Request) -> bool:
    """Say whether the request comes from this machine itself, and not through a proxy on it."""
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


async def _of_database(services: Services) -> list[Metric]:
    """Return what is read from the database at each question."""
    head = (await services.reader.head()).position
    live = [each for each in await services.read_models.generations() if each.status == "live"]
    stats = services.pool_stats()
    return [
        gauge("log_position", "The last position of the log", {"": head}),
        gauge("read_model_position", "The last position that a read model knows", _positions(live), "read_model"),
        gauge(
            "read_model_behind",
            "Facts of the log that a read model does not know yet",
            {name: max(0, head - position) for name, position in _positions(live).items()},
            "read_model",
        ),
        gauge(
            "read_model_stopped",
            "1 where a read model has stopped at a fact",
            {each.name: float(each.stopped is not None) for each in live},
            "read_model",
        ),
        *(
            gauge(f"pool_{name.removeprefix('pool_')}", meaning, {"": stats.get(name, 0)})
            for name, meaning in _POOL.items()
        ),
        *await _of_signing(services, head),
    ]


async def _of_signing(services: Services, head: int) -> list[Metric]:
    """Return how far the log is signed; nothing where no checkpoint was published."""
    try:
        last = await services.signed_log.checkpoint()
    except NotSigned:
        return []
    published_at = last.published_at.timestamp()
    return [
        gauge("checkpoint_size", "Facts of the last published checkpoint", {"": last.size}),
        gauge("checkpoint_behind", "Facts of the log that no published checkpoint has", {"": max(0, head - last.size)}),
        gauge("checkpoint_published_seconds", "When it was published, in seconds since 1970", {"": published_at}),
    ]


def _positions(live: Iterable[Generation]) -> dict[str, int]:
    return {each.name: each.position for each in live}
