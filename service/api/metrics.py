"""Metrics in the format of Prometheus: requests, transactions, queue, log, read models, signing, pool, connections.

With several workers (`serve --workers`) each process writes its own into the folder `PROMETHEUS_MULTIPROC_DIR`, and
whichever is asked adds them up; what is read from the database is the same in all.
"""

import os
import shutil
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_COMMANDS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
_NO_ROUTE: Final = "none"
_ROUTE_PATH: Final = "knownwhen.route"


class Metrics:
    """The counters of one process. No label holds what a client sent: routes are those of the OpenAPI."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "knownwhen_requests", "Requests by operation and status", ("method", "route", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "knownwhen_request_seconds",
            "Seconds from a request to the end of its answer",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._closed = Counter(
            "knownwhen_connections_closed",
            "Connections that the service closed on a client",
            ("reason",),
            registry=registry,
        )
        self._commands = Counter("knownwhen_commands", "Commands by outcome", ("outcome",), registry=registry)
        self._transaction_commands = Histogram(
            "knownwhen_transaction_commands",
            "Commands that one transaction decided",
            buckets=_COMMANDS,
            registry=registry,
        )
        self._transaction_seconds = Histogram(
            "knownwhen_transaction_seconds",
            "Seconds of a transaction, with its wait for the append lock",
            buckets=_SECONDS,
            registry=registry,
        )
        self._queued = Gauge(
            "knownwhen_queued_commands",
            "Commands that wait to be decided",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._by_request: dict[tuple[str, str, int], Counter] = {}

    def request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count an answered request; `route` is the path of its operation, None where it has none."""
        key = method, route or _NO_ROUTE, status
        counter = self._by_request.get(key)
        if counter is None:
            counter = self._by_request[key] = self._requests.labels(method, key[1], str(status))
        counter.inc()
        self._request_seconds.labels(key[1]).observe(seconds)

    def connection_closed(self, reason: str) -> None:
        """Count a connection that was closed because its client kept the service waiting."""
        self._closed.labels(reason).inc()

    def transaction(self, outcomes: Mapping[str, int], seconds: float) -> None:
        """Count a transaction of the writer: its commands by outcome, and how long it took."""
        for outcome, number in outcomes.items():
            self._commands.labels(outcome).inc(number)
        self._transaction_commands.observe(sum(outcomes.values()))
        self._transaction_seconds.observe(seconds)

    def queued(self, commands: int) -> None:
        """Say how many commands wait."""
        self._queued.set(commands)

    def text(self, further: Iterable[Metric]) -> bytes:
        """Return all metrics, of all workers, and `further` ones."""
        registry = CollectorRegistry()
        registry.register(MultiProcessCollector(None) if os.environ.get(_FOLDER) else _Own(self._registry))
        registry.register(_Given(further))
        return generate_latest(registry)


def gauge(name: str, meaning: str, values: Mapping[str, float], label: str | None = None) -> Metric:
    """Return a gauge that was read just now: a value for each value of `label`, or one, of the key ""."""
    family = GaugeMetricFamily(f"knownwhen_{name}", meaning, labels=[label] if label else None)
    for each, value in values.items():
        family.add_metric([each] if label else [], value)
    return family


def share_between_workers(folder: Path) -> None:
    """Let the workers that this process starts write their metrics into `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[_FOLDER] = str(folder.absolute())


def set_route_path(scope: MutableMapping[str, Any], path: str) -> None:
    """Name the operation of a request that is handled before the routes."""
    scope[_ROUTE_PATH] = path


def route_path(scope: Mapping[str, Any]) -> str | None:
    """Return the path of the operation that handled a request, with its parameters' names; None where none did."""
    return scope.get(_ROUTE_PATH) or getattr(scope.get("route"), "path", None)


class _Own(Collector):
    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        return self._registry.collect()


class _Given(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics
