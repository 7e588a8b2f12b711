"""The log as the rest of the service opens it: an address in, recorder and mapper out."""

from collections.abc import Callable
from typing import Generic, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.postgres import BasePostgresFactory, PostgresFactory
from eventsourcing.utils import Environment, EnvType

from service.eventstore.datastore import LOCK_SECONDS, FactDatastore
from service.eventstore.mapper import F, FactMapper
from service.eventstore.recorder import FactRecorder


class FactFactory(PostgresFactory):
    """Makes the recorder over one datastore, and closes the datastore in the end."""

    def __init__(
        self, env: Environment, datastore: FactDatastore, salt: Callable[[], bytes], new_id: Callable[[], UUID]
    ) -> None:
        # Past the initialiser that would make a datastore of its own from POSTGRES_* variables.
        super(BasePostgresFactory, self).__init__(env)
        self.datastore = datastore
        self._salt = salt
        self._new_id = new_id

    def application_recorder(self) -> FactRecorder:
        """Return the recorder over `facts`; the migrations made the table."""
        return FactRecorder(self.datastore, salt=self._salt, new_id=self._new_id)


class KnownwhenLog(Application[UUID], Generic[F]):
    """The library's application over our log.

    `recorder` appends and reads, `mapper` translates, `events` does both for StreamFacts,
    `notification_log` pages through the log. Nothing connects before the first use;
    `close`, or leaving the context, ends all connections.

    `address` is whatever libpq takes; `salt` gives 32 random bytes a call; `new_id` names
    events that come without an id; an append waits `lock_seconds` for its turn. Raises
    DatabaseUnreachable if `address` is not one.
    """

    recorder: FactRecorder

    def __init__(
        self,
        address: str,
        *,
        mapper: FactMapper[F],
        salt: Callable[[], bytes],
        new_id: Callable[[], UUID],
        lock_seconds: float = LOCK_SECONDS,
    ) -> None:
        self._datastore = FactDatastore(address, lock_seconds)
        self._mapper = mapper
        self._sources = (salt, new_id)
        super().__init__()

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Return an empty environment: a stray CIPHER_KEY or COMPRESSOR_TOPIC must not change what is stored."""
        return Environment(name, env)

    def construct_factory(self, env: Environment) -> InfrastructureFactory:
        """Return the factory of our recorder."""
        return cast("InfrastructureFactory", FactFactory(env, self._datastore, *self._sources))

    def construct_mapper(self) -> FactMapper[F]:
        """Return the mapper that was given."""
        return self._mapper
