"""One web service on the wire: its WSDL, and calls whose answers are judged."""

from contextlib import suppress

from lxml import etree

from orderwire.connectors.nav import soap
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.faults import Call, from_fault, from_status
from orderwire.connectors.nav.lanes import Lanes
from orderwire.errors import OrderwireError
from orderwire.ports.exchange import taped


class Wire:
    """A service, page or codeunit, at its address. Thread-safe: a call holds a lane of its own."""

    def __init__(self, name: str, url: str, lanes: Lanes) -> None:
        self.name = name
        self._url = url
        self._lanes = lanes

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

    def call(self, operation: str, action: str, body: bytes, *, result: str = "") -> etree._Element:
        """Send a request, and return the `result` element (default: `<operation>_Result`) of its answer.

        Raises:
            OrderwireError: as `faults` has it, by whether the operation writes.
        """
        call = Call(self.name, operation)
        with taped(self.name, operation, body) as told:
            reply = self._lanes.post(call, self._url, action, body)
            told.status, told.content = reply.status, reply.content
            return self._judged(call, reply, result or f"{operation}_Result")

    @staticmethod
    def _judged(call: Call, reply: Reply, result: str) -> etree._Element:
        if reply.status != 200:
            raise _failure(call, reply)
        try:
            answer = soap.parse(reply.content)
        except soap.NotSoapError as error:
            raise call.unanswered("NAV's answer cannot be read", cause=str(error)) from None
        if isinstance(answer, soap.Fault):
            raise from_fault(call, answer)
        if soap.name_of(answer) != result:
            raise call.unanswered("NAV answered another question", cause=soap.name_of(answer)[:60])
        return answer


def _failure(call: Call, reply: Reply) -> OrderwireError:
    """Return what a status other than 200 means: 500 is how SOAP carries faults."""
    with suppress(soap.NotSoapError):
        answer = soap.parse(reply.content) if reply.status == 500 else None
        if isinstance(answer, soap.Fault):
            return from_fault(call, answer)
    return from_status(call, reply.status, reply.retry_after)
