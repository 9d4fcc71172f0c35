"""Every way in which NAV says no, and what we make of it."""

import ssl
from http.client import RemoteDisconnected

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from navwire import fault
from orderwire.connectors.nav import soap
from orderwire.connectors.nav.connection import NeverConnectedError
from orderwire.connectors.nav.faults import Call, from_fault, from_network, from_status
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

READ = Call("Item", "ReadMultiple")
CREATE = Call("SalesOrder", "Create")
UPDATE = Call("SalesOrder", "Update")

LOCKED = "The operation could not complete because a record in the Sales Line table was locked by another user."
DEADLOCK = "The activity was deadlocked with another user who was modifying the Sales Line table."
OLD_LOCK = "The Sales Line table cannot be changed because it is locked by another user."
STALE = 'Other user has modified "Sales Header" "Order,1001"'
STALE_2 = "Another user has modified the record for this Sales Header after you retrieved it from the database."
EXISTS = "The Sales Header already exists. Identification fields and values: Document Type='Order',No.='1'"
MISSING = "The Sales Header does not exist. Identification fields and values: No.='1'"
BLOCKED = "You cannot create this type of document when Customer C10000 is blocked with type All"


@pytest.mark.parametrize(
    ("kind", "text", "on_read", "on_create", "on_update"),
    [
        ("NavCSideSQLLockTimeoutException", LOCKED, UnavailableError, BusyError, BusyError),
        ("NavCSideSqlTimeoutException", "?", UnavailableError, BusyError, BusyError),
        ("NavCSideException", DEADLOCK, UnavailableError, BusyError, BusyError),
        ("NavCSideException", OLD_LOCK, UnavailableError, BusyError, BusyError),
        ("ServiceBrokerException", STALE, ContractError, ConflictError, ConflictError),
        ("NavCSideException", STALE_2, ContractError, ConflictError, ConflictError),
        ("ServiceBrokerException", "Ein anderer Benutzer hat geändert", ContractError, ErpRefusedError, ConflictError),
        ("NavCSideDuplicateKeyException", EXISTS, ContractError, InDoubtError, ConflictError),
        ("NavCSideDuplicateKeyException", "existiert bereits", ContractError, InDoubtError, ConflictError),
        ("NavNCLDialogException", EXISTS, ContractError, InDoubtError, ConflictError),
        ("NavCSideRecordNotFoundException", MISSING, ContractError, ErpRefusedError, ConflictError),
        ("NavNCLCallbackNotAllowedException", "callback", ContractError, ErpRefusedError, ErpRefusedError),
        ("NavTestFieldException", "Blocked must be equal to 'No'", ContractError, ErpRefusedError, ErpRefusedError),
        ("NavCSideValidateTableRelationException", "no such item", ContractError, ErpRefusedError, ErpRefusedError),
        ("NavNCLDialogException", BLOCKED, ContractError, ErpRefusedError, ErpRefusedError),
        ("NavNCLStringLengthExceededException", "too long", ContractError, ErpRefusedError, ErpRefusedError),
        ("NavNCLEvaluateException", "no number", ContractError, ErpRefusedError, ErpRefusedError),
        ("NavFilterException", "no filter", ContractError, ErpRefusedError, ErpRefusedError),
        ("NavCSideDataException", "data", ContractError, ErpRefusedError, ErpRefusedError),
        ("NavInvalidCredentialException", "login", CredentialsError, CredentialsError, CredentialsError),
        ("NavTenantNotAccessibleException", "tenant", OutageError, OutageError, OutageError),
        ("NavCompanyNotFoundException", "company", BrokenContractError, BrokenContractError, BrokenContractError),
        ("SomethingNewException", "?", ContractError, ErpRefusedError, ErpRefusedError),
    ],
)  # fmt: skip
def test_from_fault(
    kind: str,
    text: str,
    on_read: type[OrderwireError],
    on_create: type[OrderwireError],
    on_update: type[OrderwireError],
) -> None:
    """Each fault has one meaning per kind of call, and NAV's own words in its facts."""
    answered = soap.parse(fault(kind, text).content)
    assert isinstance(answered, soap.Fault)

    errors = [from_fault(call, answered) for call in (READ, CREATE, UPDATE)]

    assert [type(error) for error in errors] == [on_read, on_create, on_update]
    assert all(error.facts["text"] == text and error.facts["fault"] == kind for error in errors)


@pytest.mark.parametrize(
    ("status", "on_read", "on_write"),
    [
        (302, OutageError, OutageError),
        (400, ContractError, ContractError),
        (401, CredentialsError, CredentialsError),
        (403, CredentialsError, CredentialsError),
        (404, BrokenContractError, BrokenContractError),
        (405, BrokenContractError, BrokenContractError),
        (408, UnavailableError, InDoubtError),
        (413, LimitError, LimitError),
        (429, UnavailableError, BusyError),
        (500, UnavailableError, InDoubtError),
        (502, UnavailableError, InDoubtError),
        (503, UnavailableError, InDoubtError),
        (504, UnavailableError, InDoubtError),
        (204, UnavailableError, InDoubtError),
        (999, UnavailableError, InDoubtError),
    ],
)
def test_from_status(status: int, on_read: type[OrderwireError], on_write: type[OrderwireError]) -> None:
    """A write is in doubt unless the status proves that NAV never worked on it."""
    assert type(from_status(READ, status)) is on_read
    assert type(from_status(CREATE, status)) is on_write


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)])
def test_from_status_keeps_retry_after(header: str, seconds: int | None) -> None:
    """How long NAV wants to be left alone is a fact, where it is a number."""
    assert from_status(CREATE, 429, header).facts.get("retry_after_seconds") == seconds


def _never_connected() -> Exception:
    reason = NewConnectionError(None, "refused")  # type: ignore[arg-type]  # only its type matters
    return requests.ConnectionError(MaxRetryError(None, "/", reason))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "on_read", "on_write"),
    [
        (_never_connected(), OutageError, OutageError),
        (NeverConnectedError("refused"), OutageError, OutageError),
        (ssl.SSLCertVerificationError("[SSL: CERTIFICATE_VERIFY_FAILED]"), OutageError, OutageError),
        (TimeoutError("the read operation timed out"), UnavailableError, InDoubtError),
        (RemoteDisconnected("closed"), UnavailableError, InDoubtError),
        (requests.ConnectTimeout(), OutageError, OutageError),
        (requests.exceptions.ProxyError(), OutageError, OutageError),
        (requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED]"), OutageError, OutageError),
        (requests.exceptions.SSLError("[SSL: DECRYPTION_FAILED]"), UnavailableError, InDoubtError),
        (requests.ReadTimeout(), UnavailableError, InDoubtError),
        (requests.ConnectionError(ProtocolError("reset", ConnectionResetError())), UnavailableError, InDoubtError),
        (requests.exceptions.ChunkedEncodingError(), UnavailableError, InDoubtError),
        (KeyError("www-authenticate"), UnavailableError, InDoubtError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_from_network(error: Exception, on_read: type[OrderwireError], on_write: type[OrderwireError]) -> None:
    """Where no connection was made nothing happened; where one broke, a write may have."""
    assert type(from_network(READ, error)) is on_read
    assert type(from_network(CREATE, error)) is on_write
