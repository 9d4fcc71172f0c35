"""NAV's ways of saying no, from the wire to our errors: one table per layer.

A call that writes is in doubt whenever NAV may have worked on it: application code can COMMIT before it fails, so
neither a fault nor a lost reply is proof of a rollback. A call that reads changed nothing, so it just got no answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLError
from typing import Final

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from orderwire.connectors.nav.connection import NeverConnectedError
from orderwire.connectors.nav.soap import Fault
from orderwire.errors import (
    BrokenContractError,
    BusyError,
    ConflictError,
    ContractError,
    CredentialsError,
    ErpRefusedError,
    InDoubtError,
    LimitError,
    OrderwireError,
    OutageError,
    UnavailableError,
)

_EDITS: Final = frozenset({"Update", "Delete", "Delete_SalesLines"})
_WRITES: Final = _EDITS | {"Create", "PlaceOrder"}


@dataclass(frozen=True, slots=True)
class Call:
    """What is being asked of NAV."""

    service: str
    operation: str

    @property
    def writes(self) -> bool:
        """Whether a lost reply leaves a doubt."""
        return self.operation in _WRITES

    def unanswered(self, why: str, **facts: object) -> OrderwireError:
        """Return the error for a call that NAV may have worked on, but whose answer is not there."""
        told = {"service": self.service, "operation": self.operation, **facts}
        if self.writes:
            return InDoubtError(f"{why}: the write may have happened", **told)
        return UnavailableError(why, **told)

    def busy(self, why: str, **facts: object) -> OrderwireError:
        """Return the error for a call that NAV put off."""
        kind = BusyError if self.writes else UnavailableError
        return kind(why, service=self.service, operation=self.operation, **facts)


#: .NET exception (short name) → what it is; names do not change with NAV's language, sentences do.
_KINDS: Final[Mapping[str, str]] = {
    "NavCSideSQLLockTimeoutException": "busy",
    "NavCSideSqlTimeoutException": "busy",
    "NavCSideDuplicateKeyException": "duplicate",
    "NavCSideRecordNotFoundException": "missing",
    "NavInvalidCredentialException": "credentials",
    "NavTenantNotAccessibleException": "outage",
    "NavCompanyNotFoundException": "unpublished",
    "ServiceNotFoundException": "unpublished",
}
#: Sentences (en-US, NAV's default) of exceptions whose name says too little.
_TEXTS: Final = (
    (re.compile(r"deadlocked with another user|locked by another user", re.IGNORECASE), "busy"),
    (re.compile(r"(other|another) user has modified", re.IGNORECASE), "conflict"),
    (re.compile(r"already exists\.? Identification fields", re.IGNORECASE), "duplicate"),
)


#: Meaning → error and sentence, for what is said alike of reads and writes.
_SAID: Final[Mapping[str, tuple[type[OrderwireError], str]]] = {
    "conflict": (ConflictError, "somebody else changed the record"),
    "credentials": (CredentialsError, "NAV refused our credentials"),
    "outage": (OutageError, "NAV's tenant is not accessible"),
    "contract": (ContractError, "NAV does not answer this question"),
    "unpublished": (BrokenContractError, "there is no such web service"),
    "refused": (ErpRefusedError, "NAV refused"),
}


def from_fault(call: Call, fault: Fault) -> OrderwireError:
    """Return the error for a SOAP fault; NAV's own words are its fact `text`."""
    facts = {"fault": fault.kind, "text": fault.text}
    meaning = _meaning(call, fault)
    if meaning == "busy":
        return call.busy("NAV's record is locked", **facts)
    if meaning == "duplicate":  # on Create the record may be the one that we made before: read back
        return call.unanswered("NAV has that number already", **facts)
    kind, why = _SAID[meaning]
    return _told(kind, call, why, facts)


def _told(kind: type[OrderwireError], call: Call, why: str, facts: Mapping[str, object]) -> OrderwireError:
    return kind(why, service=call.service, operation=call.operation, **facts)


def _meaning(call: Call, fault: Fault) -> str:
    meaning = _KINDS.get(fault.kind) or next((known for text, known in _TEXTS if text.search(fault.text)), "refused")
    if call.operation in _EDITS and meaning in {"missing", "duplicate"}:
        return "conflict"  # the record, or the state of it that we knew, is gone
    if call.operation in _EDITS and meaning == "refused" and fault.kind == "ServiceBrokerException":
        return "conflict"  # a stale key, in another language than English
    if meaning in {"missing", "refused", "conflict", "duplicate"} and not call.writes:
        return "contract"
    return "refused" if meaning == "missing" else meaning


#: HTTP status → error and sentence, for what is said alike of reads and writes.
_STATUSES: Final[Mapping[int, tuple[type[OrderwireError], str]]] = {
    401: (CredentialsError, "NAV refused our credentials"),
    403: (CredentialsError, "NAV refused our credentials"),
    404: (BrokenContractError, "there is no such web service"),
    405: (BrokenContractError, "there is no such web service"),  # SOAP is switched off
    410: (BrokenContractError, "there is no such web service"),
    413: (LimitError, "the request is larger than NAV takes"),
}


def from_status(call: Call, status: int, retry_after: str | None = None) -> OrderwireError:
    """Return the error for an answer that is neither a result nor a fault."""
    facts: dict[str, object] = {"status": status}
    if retry_after and retry_after.isdecimal():
        facts["retry_after_seconds"] = int(retry_after[:9])
    if status in _STATUSES:
        kind, why = _STATUSES[status]
        return _told(kind, call, why, facts)
    match status:
        case 429:
            return call.busy("NAV's queue is full", **facts)
        case _ if 300 <= status < 400:
            return _told(OutageError, call, "NAV's address leads elsewhere", facts)
        case _ if 400 <= status < 500 and status != 408:
            return _told(ContractError, call, "NAV does not take this question", facts)
        case _:  # 503 too: proxies say it also after the request was passed on
            return call.unanswered("NAV gave no usable answer", **facts)


#: What the connection itself and requests, which NTLM goes by, call the same thing.
_TIMEOUTS: Final = (TimeoutError, requests.Timeout)
_TLS: Final = (SSLError, requests.exceptions.SSLError)
_UNREACHABLE: Final = (NeverConnectedError, requests.ConnectTimeout, requests.exceptions.ProxyError)


def from_network(call: Call, error: Exception) -> OrderwireError:
    """Return the error for a connection that failed; `error` is its own, or of requests or the NTLM handshake."""
    facts = {"cause": type(error).__name__}
    if isinstance(error, _TIMEOUTS) and not isinstance(error, requests.ConnectTimeout):
        return call.unanswered("NAV did not answer in time", **facts)
    if isinstance(error, _TLS) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return _told(OutageError, call, "NAV's certificate is not trusted", facts)
    if isinstance(error, _UNREACHABLE) or _never_connected(error):
        return _told(OutageError, call, "NAV cannot be reached", facts)
    return call.unanswered("the connection to NAV broke", **facts)


def _never_connected(error: Exception) -> bool:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, (NewConnectionError, NameResolutionError))
