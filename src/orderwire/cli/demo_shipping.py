"""The demo's second act: people at NAV ship a part of an order, and the buyer is told."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from orderwire.cli.simulate import post
from orderwire.config.settings import Settings
from orderwire.errors import UnavailableError
from orderwire.ports.follow import PostedKind
from orderwire.ports.following import FollowedLine
from orderwire.ports.journal import DocumentQuery

if TYPE_CHECKING:
    from orderwire.bootstrap.services import Services

#: Whose order is shipped: all of its first line but one unit, and its second line.
PARTNER: Final = "baumarkt"
_PATIENCE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.05


def followed(settings: Settings) -> Settings:
    """Return settings under which NAV is looked at several times a second."""
    follow = settings.nav.follow.model_copy(update={"poll_seconds": 0.2})
    return settings.model_copy(update={"nav": settings.nav.model_copy(update={"follow": follow})})


def ship(services: "Services") -> Sequence[FollowedLine]:
    """Post a part of an order in NAV, wait for its DESADV, and return how far the order's lines have come.

    Raises:
        UnavailableError: the DESADV did not come in time.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _begun(services):
        _wait(deadline)
    with services.store.begin() as tx:
        erp_no = next((record.erp_no for record in tx.orders.find(partner=PARTNER) if record.erp_no), None)
    if erp_no is None:
        raise UnavailableError("there is no order to ship", partner=PARTNER)
    post(services.settings, "ship", erp_no, {"10000": "3", "20000": "2"}, tracking_no="00340999980000000014")
    while not _advised(services):
        _wait(deadline)
    with services.store.begin() as tx:
        return tx.following.lines(erp_no)


def _begun(services: "Services") -> bool:
    with services.store.begin() as tx:
        return tx.following.cursor(PostedKind.SHIPMENT.value) is not None


def _advised(services: "Services") -> bool:
    with services.store.begin() as tx:
        return bool(tx.journal.find(DocumentQuery(kind="DESADV", direction="out")))


def _wait(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise UnavailableError("the shipment was not told of in time")
    time.sleep(_PAUSE_SECONDS)
