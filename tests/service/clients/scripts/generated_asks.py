"""Asks with the client that openapi-python-client made."""

import sys

sys.path.insert(0, sys.argv[2])
from made import Client
from made.api.views import state

answer = state.sync_detailed("syria-coast-2025", client=Client(sys.argv[1]), reported_until="2025-03-09T20:59:59Z")
assert answer.status_code == 200, answer
assert answer.parsed.data.incident == "syria-coast-2025"
print(type(answer.parsed).__name__)
