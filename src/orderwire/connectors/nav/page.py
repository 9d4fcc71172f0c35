"""One page service: its contract read once, its calls in our names, its answers judged."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import soap
from orderwire.connectors.nav.contract import Contract, read_contract, wants_of
from orderwire.connectors.nav.endpoints import service_url
from orderwire.connectors.nav.faults import Call
from orderwire.connectors.nav.lanes import Lanes, Monotonic
from orderwire.connectors.nav.messages import Writer
from orderwire.connectors.nav.pins import Pins
from orderwire.connectors.nav.wants import Page
from orderwire.connectors.nav.wire import Wire
from orderwire.connectors.nav.wsdl import NotWsdlError, Wsdl, read_wsdl
from orderwire.errors import BrokenContractError, ContractError, OrderwireError

#: How long a contract is believed: a field that vanishes from a page gives no error, only empty answers.
_BELIEF_SECONDS: Final = 300.0
#: How long one that was found wanting is, so that a repaired NAV is noticed without a restart.
_DISBELIEF_SECONDS: Final = 15.0
_KEY: Final = "Key"


class PageService:
    """A published page. Thread-safe: the contract is read under a lock, a call holds a lane of its own.

    Fields, parts and options have our names here and in what is answered; `nav.fields` and `nav.options` say what they
    are called in this installation.
    """

    def __init__(
        self,
        page: Page,
        name: str,
        nav: NavSettings,
        lanes: Lanes,
        monotonic: Monotonic = time.monotonic,
        *,
        pins: Pins | None = None,
    ) -> None:
        self.page = page
        self.name = name
        self._nav = nav
        self._wire = Wire(name, service_url(nav, "Page", name), lanes)
        self._monotonic = monotonic
        self._pins = pins or Pins(None, nav)
        #: Whether nothing goes without the page.
        self.needed = any(not want.optional for want in wants_of(page, nav))
        self._learning = threading.Lock()
        self._known: _Known | None = None
        self._refusal: tuple[float, OrderwireError] | None = None

    def contract(self) -> Contract:
        """Return the contract, read again from time to time.

        Raises:
            BrokenContractError: the service lacks something that Orderwire needs, or is not what it was.
            ContractError: it is not there, and the rest works without it.
            UnavailableError, OutageError: it cannot be read now.
        """
        return self._learnt().contract

    def has(self, *fields: str) -> bool:
        """Whether the page has all these fields: `GTIN`, `SalesLines.Variant_Code`. Raises as `contract`."""
        contract = self.contract()
        return all(contract.has(field) for field in fields)

    def filters(self, *fields: str) -> bool:
        """Whether the page can be filtered by all these fields. Raises as `contract`."""
        contract = self.contract()
        return all(contract.filters(field) for field in fields)

    def offers(self, *operations: str) -> bool:
        """Whether the service has all these operations. Raises as `contract`."""
        contract = self.contract()
        return all(contract.offers(operation) for operation in operations)

    def need(self, wanted_for: str) -> None:
        """Refuse when something that is optional on the whole is not there, and now it is needed.

        Raises:
            ContractError: it is missing.
        """
        problems = self.contract().problems(wanted_for)
        if problems:
            raise self._lacking(problems, wanted_for=wanted_for)

    def read(self, parameters: Sequence[soap.Parameter], operation: str = "Read") -> etree._Element:
        """Call an operation that changes nothing, and return its `_Result`. Raises as `contract`."""
        contract = self.contract()
        body = soap.request(contract.wsdl.namespace, operation, contract.names.parameters(parameters))
        return self._call(operation, contract, body)

    def save(self, operation: str, record: Mapping[str, Any]) -> etree._Element:
        """Create or Update a record; lines are lists of records. Returns the operation's `_Result`.

        Raises:
            InDoubtError, BusyError, ConflictError, ErpRefusedError, OutageError, LimitError, ContractError.
        """
        known = self._learnt()
        wsdl, names = known.contract.wsdl, known.contract.names
        rows = {part: row.name for part, row in wsdl.parts.items()}
        return self._write(operation, known, {_entity(wsdl): names.outgoing(record, rows)})

    def delete(self, key: str, part: str = "") -> etree._Element:
        """Delete a record, or a row of a part, by its key. Returns the operation's `_Result`. Raises as `save`."""
        known = self._learnt()
        if not part:
            return self._write("Delete", known, {_KEY: key})
        return self._write(f"Delete_{part}", known, {f"{known.contract.names.field(part)}_{_KEY}": key})

    def _write(self, operation: str, known: "_Known", parameters: Mapping[str, Any]) -> etree._Element:
        body = known.writer.message(known.contract.names.operation(operation), parameters)
        return self._call(operation, known.contract, body)

    def _call(self, operation: str, contract: Contract, body: bytes) -> etree._Element:
        named = contract.names.operation(operation)
        action = contract.wsdl.actions.get(named)
        if not action:
            raise ContractError("the web service lacks an operation", service=self.name, operation=named)
        try:
            answer = self._wire.call(operation, action, body, result=f"{named}_Result")
        except BrokenContractError:
            self._known = None  # looked at again before the next call
            raise
        for record in _records(answer):
            contract.names.incoming(record)
        return answer

    # -- the contract

    def _learnt(self) -> "_Known":
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

    def _learn(self) -> "_Known":
        if self._refusal is not None and self._monotonic() < self._refusal[0]:
            raise type(self._refusal[1])(self._refusal[1].message, **self._refusal[1].facts)
        try:
            self._known = self._accept(self._wire.fetch_wsdl())
        except (ContractError, BrokenContractError) as error:
            self._known = None
            known = (BrokenContractError if self.needed else ContractError)(error.message, **error.facts)
            self._refusal = (self._monotonic() + _DISBELIEF_SECONDS, known)
            raise known from None
        return self._known

    def _accept(self, content: bytes) -> "_Known":
        try:
            wsdl = read_wsdl(content)
        except NotWsdlError as error:
            raise Call(self.name, "WSDL").unanswered("NAV's WSDL cannot be read", cause=str(error)) from None
        contract = read_contract(self.page, wsdl, self._nav)
        problems = [f"{found.want}: {found.problem}" for found in contract.findings if found.breaks]
        if problems:
            raise self._lacking(problems)
        changed = [f"{want}: was {was}" for want, was in self._pins.differences(contract)]
        if changed:
            why = "NAV's web service is not what it was: mend it, or take it as it is with orderwire nav accept"
            raise BrokenContractError(why, service=self.name, problems="; ".join(changed))
        self._pins.keep(contract)
        return _Known(contract, Writer(wsdl, content, self.name), self._monotonic() + _BELIEF_SECONDS)

    def _lacking(self, problems: Sequence[str], **facts: object) -> ContractError:
        why = "NAV's web service lacks what we need"
        return ContractError(why, service=self.name, problems="; ".join(problems), **facts)


def _entity(wsdl: Wsdl) -> str:
    return wsdl.entity.name if wsdl.entity else ""


def _records(answer: etree._Element) -> Sequence[etree._Element]:
    """Return the records in a result: directly in it, or in its list."""
    only = answer[0] if len(answer) == 1 else None
    listed = only is not None and soap.name_of(only) == "ReadMultiple_Result"
    return list(only) if listed and only is not None else list(answer)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a service looks like, and until when that is believed."""

    contract: Contract
    writer: Writer
    until: float
