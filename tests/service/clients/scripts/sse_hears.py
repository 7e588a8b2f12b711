"""Follows the log by server-sent events, and goes on after the last that it heard."""

import sys

import httpx
from httpx_sse import connect_sse

address, last = f"{sys.argv[1]}/v1/changes", "0"
heard = []
for _ in range(2):
    with httpx.Client(timeout=30) as client:
        with connect_sse(client, "GET", address, headers={"Last-Event-ID": last}) as source:
            for event in source.iter_sse():
                if not event.data:  # says where the stream begins; browsers dispatch no event without data
                    continue
                heard.append(int(event.id))
                last = event.id
                if len(heard) % 20 == 0:
                    break
assert heard == list(range(1, 41)), heard
print(heard[-1])
