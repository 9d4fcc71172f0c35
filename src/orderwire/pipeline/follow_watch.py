"""What every look of the follower shares."""

from dataclasses import dataclass

from orderwire.canonical.envelope import Event
from orderwire.config.follow import FollowSettings
from orderwire.config.partners import Partners
from orderwire.errors import OrderwireError
from orderwire.ports.clock import Clock
from orderwire.ports.erp import Erp
from orderwire.ports.follow import Follower
from orderwire.ports.following import Cursor
from orderwire.ports.store import Store


@dataclass(frozen=True)
class Watch:
    store: Store
    follower: Follower
    erp: Erp
    partners: Partners
    clock: Clock
    owner: str  # names this worker, for leases
    rules: FollowSettings
    currency: str | None = None  # the company's own

    def cursor(self, name: str) -> Cursor | None:
        with self.store.begin() as tx:
            return tx.following.cursor(name)


@dataclass(frozen=True)
class Looked:
    """What came of a look: events that are committed, whether more is there to be read, and what was in the way."""

    told: list[Event]
    more: bool = False
    problem: OrderwireError | None = None  # kept some of it from being done
