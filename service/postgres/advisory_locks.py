"""Keys of the advisory locks, per database: the letters “knownwhe” as a number, and its successors."""

from typing import Final

APPEND: Final = "7741247368241571941"
"""Held by the transaction of an append or of a restore, so that positions become visible in their order."""
REGISTRY: Final = "7741247368241571942"
"""Held by the transaction that creates the registry of read models, or a generation."""
ACTIVE_PROJECTOR: Final = "7741247368241571943"
"""Held by the session of the active projector; the server releases it when the session ends."""
REBUILD: Final = "7741247368241571944"
"""Held by the session of the running rebuild, and by a projector that builds missing read models itself."""
ACTIVE_SIGNER: Final = "7741247368241571945"
"""Held by the session of the active signer of the log; the server releases it when the session ends."""
