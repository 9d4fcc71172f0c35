"""One page service: its contract read once, its calls made on a free lane, its answers judged."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from lxml import etree

from orderwire.config.settings import NavSettings
from orderwire.connectors.nav import contract, soap
from orderwire.connectors.nav.endpoints import page_url
from orderwire.connectors.nav.faults import Call, from_fault, from_status
from orderwire.connectors.nav.lanes import Lanes, Monotonic
from orderwire.connectors.nav.messages import Writer
from orderwire.connectors.nav.session import Reply
from orderwire.connectors.nav.wsdl import NotWsdlError, Wsdl, read_wsdl
from orderwire.errors import ContractError, OrderwireError

#: How long a contract is believed: a field that vanishes from a page gives no error, only empty answers.
_BELIEF_SECONDS: Final = 300.0
#: How long one that was found wanting is, so that a repaired NAV is noticed without a restart.
_DISBELIEF_SECONDS: Final = 15.0


class PageService:
    """A published page. Thread-safe: the contract is read under a lock, a call holds a lane of its own."""

    def __init__(
        self, page: contract.Page, name: str, nav: NavSettings, lanes: Lanes, monotonic: Monotonic = time.monotonic
    ) -> None:
        self.page = page
        self.name = name
        self._nav = nav
        self._lanes = lanes
        self._url = page_url(nav, name)
        self._monotonic = monotonic
        self._learning = threading.Lock()
        self._known: _Contract | None = None
        self._refusal: tuple[float, ContractError] | None = None

    def fetch_wsdl(self) -> bytes:
        """Read the WSDL that stands at the service's own address.

        Raises:
            UnavailableError, OutageError, ContractError: as every read.
        """
        call = Call(self.name, "WSDL")
        reply = self._lanes.get(call, self._url)
        if reply.status != 200:
            raise _failure(call, reply)
        return reply.content

    def wsdl(self) -> Wsdl:
        """Return the contract, read again from time to time.

        Raises:
            ContractError: the service lacks something that Orderwire needs.
            UnavailableError, OutageError: it cannot be read now.
        """
        return self._contract().wsdl

    def _contract(self) -> "_Contract":
        known = self._known
        if known is not None and self._monotonic() < known.until:
            return known
        # One caller looks again; the others go on with what is known, if anything is.
        if not self._learning.acquire(blocking=known is None) and known is not None:
            return known
        try:
            fresh = self._known
            return fresh if fresh is not None and self._monotonic() < fresh.until else self._learn()
        finally:
            self._learning.release()

    def _learn(self) -> "_Contract":
        if self._refusal is not None and self._monotonic() < self._refusal[0]:
            raise ContractError(self._refusal[1].message, **self._refusal[1].facts)
        try:
            self._known = self._accept(self.fetch_wsdl())
        except ContractError as error:
            self._known = None
            self._refusal = (self._monotonic() + _DISBELIEF_SECONDS, error)
            raise
        return self._known

    def _accept(self, content: bytes) -> "_Contract":
        try:
            wsdl = read_wsdl(content)
        except NotWsdlError as error:
            raise Call(self.name, "WSDL").unanswered("NAV's WSDL cannot be read", cause=str(error)) from None
        self._refuse(wsdl, lambda found: found.breaks)
        return _Contract(wsdl, Writer(wsdl, content, self.name), self._monotonic() + _BELIEF_SECONDS)

    def _refuse(self, wsdl: Wsdl, matters: Callable[[contract.Finding], bool], **facts: object) -> None:
        findings = contract.examine(self.page, wsdl, self._nav)
        problems = [f"{found.want}: {found.problem}" for found in findings if found.problem and matters(found)]
        if problems:
            raise ContractError(
                "NAV's web service lacks what we need", service=self.name, problems="; ".join(problems), **facts
            )

    def need(self, wanted_for: str) -> None:
        """Refuse when something that is optional on the whole is not there, and now it is needed.

        Raises:
            ContractError: it is missing.
        """
        self._refuse(self.wsdl(), lambda found: found.want.wanted_for == wanted_for, wanted_for=wanted_for)

    def read(self, parameters: Sequence[soap.Parameter], operation: str = "Read") -> etree._Element:
        """Call an operation that changes nothing, and return its `_Result`. Raises as `wsdl`."""
        wsdl = self.wsdl()
        return self._call(operation, wsdl, soap.request(wsdl.namespace, operation, parameters))

    def write(self, operation: str, **parameters: object) -> etree._Element:
        """Call an operation that changes something, and return its `_Result`.

        Raises:
            InDoubtError, BusyError, ConflictError, ErpRefusedError, OutageError, LimitError, ContractError.
        """
        known = self._contract()
        return self._call(operation, known.wsdl, known.writer.message(operation, parameters))

    def _call(self, operation: str, wsdl: Wsdl, body: bytes) -> etree._Element:
        call = Call(self.name, operation)
        action = wsdl.actions.get(operation)
        if not action:
            raise ContractError("the web service lacks an operation", service=self.name, operation=operation)
        reply = self._lanes.post(call, self._url, action, body)
        if reply.status != 200:
            raise _failure(call, reply)
        try:
            answer = soap.parse(reply.content)
        except soap.NotSoapError as error:
            raise call.unanswered("NAV's answer cannot be read", cause=str(error)) from None
        if isinstance(answer, soap.Fault):
            raise from_fault(call, answer)
        if soap.name_of(answer) != f"{operation}_Result":
            raise call.unanswered("NAV answered another question", cause=soap.name_of(answer)[:60])
        return answer


def _failure(call: Call, reply: Reply) -> OrderwireError:
    """Return what a status other than 200 means: 500 is how SOAP carries faults."""
    with suppress(soap.NotSoapError):
        answer = soap.parse(reply.content) if reply.status == 500 else None
        if isinstance(answer, soap.Fault):
            return from_fault(call, answer)
    return from_status(call, reply.status, reply.retry_after)


@dataclass(frozen=True, slots=True)
class _Contract:
    """What a service looks like, and until when that is believed."""

    wsdl: Wsdl
    writer: Writer
    until: float
