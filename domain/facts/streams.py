"""Streams: one of each incident, one of each source, and one of the policy in force."""

from functools import lru_cache
from uuid import UUID, uuid5

from domain.values.sources import source_stream as source_stream_name

NAMESPACE = UUID("8f2c6f0e-94a5-5d0b-9d0e-2f1f5a8a7c11")
"""Namespace of stream ids; minted once for Knownwhen and never changed."""

POLICY_STREAM = uuid5(NAMESPACE, "policy")


@lru_cache(maxsize=16384)
def incident_stream(slug: str) -> UUID:
    """Return the stream id of an incident: UUIDv5 of `incident:<slug>`."""
    return uuid5(NAMESPACE, f"incident:{slug}")


@lru_cache(maxsize=16384)
def source_stream(origin: str) -> UUID:
    """Return the stream id of a source: UUIDv5 of `source:<slug>` or `source:anonymous:<words>|<first relay>`."""
    return uuid5(NAMESPACE, source_stream_name(origin))
