"""PunchOutSetupRequest to the canonical set-up."""

from collections.abc import Iterator
from typing import Any, Final

from lxml import etree
from pydantic import ValidationError

from orderwire.canonical.cart import Operation, Setup
from orderwire.canonical.party import PartyRole
from orderwire.connectors.punchout.elements import text_of
from orderwire.connectors.punchout.finding import first_refusal, reject
from orderwire.connectors.punchout.lines import Reading, read_line
from orderwire.connectors.punchout.parties import to_party
from orderwire.ports.intake import Finding

_BODY: Final = "PunchOutSetupRequest"
_MAX_EXTRINSICS: Final = 200
#: Extrinsics that name the person, in order of preference; none of them is guaranteed.
_USER_NAMES: Final = ("UniqueName", "User", "UserFullName", "UserPrintableName")
_USER_EMAILS: Final = ("UserEmail", "Email", "user_email")


def read_setup(body: etree._Element, *, test: bool) -> Setup | Finding:
    """Return what the buyer's system asks for, or the first reason why it cannot be done."""
    operation = body.get("operation", "").strip().lower()
    if operation not in set(Operation):
        return reject("unsupported", f"The operation {operation[:40]!r} is not known", f"{_BODY}/@operation")
    return_url = text_of(body, "BrowserFormPost/URL")
    if not return_url:
        return reject("missing", "There is no address to return the cart to", f"{_BODY}/BrowserFormPost/URL")
    reading = Reading()
    fields = _fields(body, reading) | {"operation": operation, "return_url": return_url, "test": test}
    refusal = first_refusal(reading.findings)
    if refusal is not None:
        return refusal
    try:
        return Setup(**fields)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        return reject("invalid", f"{place[:80]}: {problem['msg']}", _BODY)


def _fields(body: etree._Element, reading: Reading) -> dict[str, Any]:
    extrinsics = dict(_extrinsics(body))
    address = body.find("ShipTo/Address")
    cookie = body.find("BuyerCookie")
    return {
        "buyer_cookie": "" if cookie is None else "".join(str(part) for part in cookie.itertext()),
        "user": _user(body, extrinsics),
        "email": _email(body, extrinsics),
        "extrinsics": extrinsics,
        "ship_to": None if address is None else to_party(PartyRole.DELIVERY, address, {}),
        "item_no": text_of(body, "SelectedItem/ItemID/SupplierPartID") or None,
        "items": tuple(
            line
            for position, item in enumerate(body.iterfind("ItemOut"), start=1)
            if (line := read_line(item, position, reading))
        ),
    }


def _extrinsics(body: etree._Element) -> Iterator[tuple[str, str]]:
    for found, extrinsic in enumerate(body.iterfind("Extrinsic")):
        name = extrinsic.get("name", "").strip()
        if name and found < _MAX_EXTRINSICS:
            yield name, text_of(extrinsic)


def _user(body: etree._Element, extrinsics: dict[str, str]) -> str | None:
    full = " ".join(part for part in (extrinsics.get("FirstName"), extrinsics.get("LastName")) if part)
    named = next((extrinsics[name] for name in _USER_NAMES if extrinsics.get(name)), "")
    return (full or named or text_of(body, "Contact/Name"))[:255] or None


def _email(body: etree._Element, extrinsics: dict[str, str]) -> str | None:
    named = next((extrinsics[name] for name in _USER_EMAILS if extrinsics.get(name)), "")
    return (named or text_of(body, "Contact/Email") or text_of(body, "ShipTo/Address/Email"))[:255] or None
