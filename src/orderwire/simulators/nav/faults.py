"""NAV's faults: exception types, texts, and the SOAP fault that carries them."""

from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

_WEB_SERVICES: Final = "Microsoft.Dynamics.Nav.Service.WebServices"
_TYPES: Final = "Microsoft.Dynamics.Nav.Types.Exceptions"
_IN_WEB_SERVICES: Final = frozenset({"ServiceBrokerException", "ServiceNotFoundException"})

_ENVELOPE: Final = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    '<faultcode xmlns:a="urn:microsoft-dynamics-schemas/error">a:{code}</faultcode>'
    '<faultstring xml:lang="en-US">{text}</faultstring>'
    '<detail><string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">{text}</string></detail>'
    "</s:Fault></s:Body></s:Envelope>"
)


class NavFault(Exception):  # noqa: N818  SOAP calls it a fault
    """What NAV answers with HTTP 500: a .NET exception type and a sentence."""

    def __init__(self, exception: str, text: str, *, status: int = 500) -> None:
        super().__init__(text)
        self.exception = exception
        self.text = text
        self.status = status

    @property
    def code(self) -> str:
        """The exception's full .NET name."""
        return f"{_WEB_SERVICES if self.exception in _IN_WEB_SERVICES else _TYPES}.{self.exception}"

    def render(self) -> bytes:
        """Write the SOAP envelope."""
        return _ENVELOPE.format(code=escape(self.code), text=escape(_printable(self.text))).encode()


def _printable(text: str) -> str:
    """Replace what XML 1.0 cannot carry: a fault's text may quote what the client sent."""
    return "".join(character if character >= " " or character in "\t\n\r" else "?" for character in text)


def broker(text: str) -> NavFault:
    return NavFault("ServiceBrokerException", text)


def service_not_found(name: str) -> NavFault:
    return NavFault("ServiceNotFoundException", f'Service "{name}" was not found!', status=404)


def company_not_found(company: str) -> NavFault:
    return NavFault("NavCompanyNotFoundException", f'The company "{company}" does not exist.')


def _identification(fields: Mapping[str, object]) -> str:
    return ",".join(f"{name}='{value}'" for name, value in fields.items())


def duplicate_key(table: str, fields: Mapping[str, object]) -> NavFault:
    text = f"The {table} already exists. Identification fields and values: {_identification(fields)}"
    return NavFault("NavCSideDuplicateKeyException", text)


def record_not_found(table: str, fields: Mapping[str, object]) -> NavFault:
    text = f"The {table} does not exist. Identification fields and values: {_identification(fields)}"
    return NavFault("NavCSideRecordNotFoundException", text)


def relation(table: str, field: str, value: str, related: str) -> NavFault:
    text = (
        f"The field {field} of table {table} contains a value ({value}) that cannot be found in the related table "
        f"({related})."
    )
    return NavFault("NavCSideValidateTableRelationException", text)


def _where(fields: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in fields.items())


def must_equal(table: str, record: Mapping[str, object], field: str, *, wanted: str, found: str) -> NavFault:
    # The doubled blank is NAV's: a place for the reason that TESTFIELD leaves empty.
    text = f"{field} must be equal to '{wanted}'  in {table}: {_where(record)}. Current value is '{found}'."
    return NavFault("NavTestFieldException", text)


def must_have_value(table: str, record: Mapping[str, object], field: str) -> NavFault:
    text = f"{field} must have a value in {table}: {_where(record)}. It cannot be zero or empty."
    return NavFault("NavTestFieldException", text)


def customer_blocked(customer_no: str, blocked: str) -> NavFault:
    text = f"You cannot create this type of document when Customer {customer_no} is blocked with type {blocked}"
    return NavFault("NavNCLDialogException", text)


def dialog(text: str) -> NavFault:
    return NavFault("NavNCLDialogException", text)


def callback(question: str) -> NavFault:
    text = (
        "Microsoft Dynamics NAV Server attempted to issue a client callback to show a confirmation dialog box: "
        f"{question} Client callbacks are not supported on Microsoft Dynamics NAV Server."
    )
    return NavFault("NavNCLCallbackNotAllowedException", text)


def too_long(value: str, length: int) -> NavFault:
    text = f"The length of the string is {len(value)}, but it must be less than or equal to {length} characters."
    return NavFault("NavNCLStringLengthExceededException", f"{text} Value: {value[:250]}")


def not_evaluated(value: str, kind: str) -> NavFault:
    return NavFault("NavNCLEvaluateException", f'The value "{value[:250]}" can\'t be evaluated into type {kind}.')


def bad_filter(criteria: str, field: str) -> NavFault:
    return NavFault("NavFilterException", f'The filter "{criteria[:250]}" is not valid for the {field} field.')


def modified(table: str, primary_key: str) -> NavFault:
    return broker(f'Other user has modified "{table}" "{primary_key}"')


def locked(table: str) -> NavFault:
    text = (
        f"The operation could not complete because a record in the {table} table was locked by another user. "
        "Please retry the activity."
    )
    return NavFault("NavCSideSQLLockTimeoutException", text)


def deadlocked(table: str) -> NavFault:
    text = (
        f"The activity was deadlocked with another user who was modifying the {table} table. Please retry the activity."
    )
    return NavFault("NavCSideException", text)
