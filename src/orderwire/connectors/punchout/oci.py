"""Open Catalog Interface 4 and 5: a catalogue call's fields to the set-up, and the cart as NEW_ITEM fields."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import ValidationError

from orderwire.canonical.cart import Cart, CartLine, Operation, Setup
from orderwire.config.profile import PartnerProfile
from orderwire.config.punchout import OciProfile
from orderwire.errors import MappingError
from orderwire.ports.intake import OutboundDocument
from orderwire.ports.punchout import PunchoutSession, ReturnForm

KIND: Final = "OCI"
#: Fields that go back as they came, by the name SAP gives them.
_ECHOED: Final = ("~OkCode", "~TARGET", "~CALLER", "http_content_charset")
_OTHER_NAMES: Final = {"returntarget": "~TARGET"}
_CHARSETS: Final = {"utf-8": "utf-8", "utf8": "utf-8", "iso-8859-1": "iso-8859-1", "windows-1252": "windows-1252"}
#: Frames that a form may go to; any other name is the buyer's own window.
_TARGETS: Final = frozenset({"_self", "_top", "_parent", "_blank"})
#: CHAR lengths of the interface.
_LENGTHS: Final = {
    "DESCRIPTION": 40, "MATNR": 40, "UNIT": 3, "CURRENCY": 5, "PRICEUNIT": 5, "LEADTIME": 5, "VENDORMAT": 40,
    "MANUFACTMAT": 40, "MATGROUP": 10, "EXT_PRODUCT_ID": 40, "EXT_QUOTE_ID": 35, "EXT_SCHEMA_TYPE": 10,
    "EXT_CATEGORY_ID": 60,
}  # fmt: skip
#: Longer numbers would be cut, and then be others.
_WHOLE: Final = ("VENDORMAT", "EXT_PRODUCT_ID", "MATNR", "UNIT")


def knows(oci: OciProfile, fields: Mapping[str, str]) -> bool:
    """Tell whether a catalogue call holds the partner's user and password; names are case-insensitive."""
    given = {name.casefold(): value for name, value in fields.items()}
    user = given.get(oci.username_field.casefold(), "")
    digest = hashlib.sha256(given.get(oci.password_field.casefold(), "").encode("utf-8", "surrogatepass")).hexdigest()
    same_user = hmac.compare_digest(user.encode("utf-8", "surrogatepass"), oci.username.encode())
    return hmac.compare_digest(digest, oci.password_sha256) and same_user


def read_call(oci: OciProfile, fields: Mapping[str, str]) -> Setup:
    """Return the set-up of a catalogue call. DETAIL and VALIDATE open the shop at their product.

    Raises:
        MappingError: it names no place to return to, or asks for what is not offered.
    """
    given = {name.casefold(): value for name, value in fields.items()}
    hook = given.get(oci.hook_field.casefold(), "")
    if not hook:
        raise MappingError("the call names no place to return the cart to", field=oci.hook_field)
    function = given.get("function", "").upper()
    if function not in {"", "DETAIL", "VALIDATE", "SOURCING"}:
        raise MappingError("this function is not offered", function=function[:40])
    parts = urlsplit(hook)
    echo = {name: given[name.casefold()] for name in _ECHOED if name.casefold() in given}
    echo |= {name: given[other] for other, name in _OTHER_NAMES.items() if other in given and name not in echo}
    try:
        return Setup(
            operation=Operation.SOURCE if function == "SOURCING" else Operation.CREATE,
            return_url=urlunsplit(parts._replace(query="", fragment="")),
            item_no=given.get("productid") or None,
            # SAP wants what stood behind the question mark back as fields of the form.
            echo=dict(parse_qsl(parts.query, keep_blank_values=True)) | echo,
        )
    except ValidationError as error:
        raise MappingError("a field of the call is too long", count=error.error_count()) from None


class OciCarts:
    """A `CartWriter`: its document is the form's fields, coded as a browser would."""

    def write(
        self,
        cart: Cart | None,
        session: PunchoutSession,
        setup: Setup,
        partner: PartnerProfile,  # noqa: ARG002  the port
        now: datetime,  # noqa: ARG002  the port
    ) -> OutboundDocument:
        """Write the fields; a session that ended without a cart has none, and SAP changes nothing.

        Raises:
            MappingError: a number is longer than its field: cut, it would be another one.
        """
        lines = enumerate(cart.lines if cart else (), start=1)
        currency = cart.currency if cart else ""
        fields = [*_echo(setup), *(field for index, line in lines for field in _line(index, line, currency))]
        content = urlencode(fields).encode("ascii")
        return OutboundDocument(KIND, content, f"OCI_{session.id}.txt", "application/x-www-form-urlencoded", session.id)

    def form(self, content: bytes, setup: Setup, partner: PartnerProfile) -> ReturnForm:  # noqa: ARG002  the port
        fields = tuple(parse_qsl(content.decode("ascii"), keep_blank_values=True))
        target = setup.echo.get("~TARGET", "")
        charset = _CHARSETS.get(setup.echo.get("http_content_charset", "").casefold(), "iso-8859-1")
        return ReturnForm(setup.return_url, fields, charset, target if target in _TARGETS else "_self")


def _echo(setup: Setup) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in setup.echo.items() if name != "http_content_charset")


def _line(index: int, line: CartLine, currency: str) -> Iterator[tuple[str, str]]:
    """Yield one line's fields; an index stands before the colon in LONGTEXT alone."""
    first = line.classifications[0] if line.classifications else None
    values = {
        "DESCRIPTION": line.description,
        "MATNR": line.buyer_item_no or "",
        "QUANTITY": f"{line.quantity:f}",
        "UNIT": line.unit,
        "PRICE": f"{line.unit_price:f}",
        "CURRENCY": currency,
        "PRICEUNIT": f"{line.price_basis:f}",
        "LEADTIME": "" if line.lead_time_days is None else str(line.lead_time_days),
        "VENDORMAT": line.item_no,
        "MANUFACTMAT": line.manufacturer_item_no or "",
        "MATGROUP": first.code if first else "",
        "EXT_PRODUCT_ID": line.auxiliary_id or "",
        "EXT_SCHEMA_TYPE": first.domain if first else "",
        "EXT_CATEGORY_ID": first.code if first else "",
    }
    for name, value in values.items():
        length = _LENGTHS.get(name)
        if length is not None and len(value) > length and name in _WHOLE:
            raise MappingError(f"{name} is longer than the {length} characters of its field", line_no=line.line_no)
        yield f"NEW_ITEM-{name}[{index}]", value[:length]
    yield f"NEW_ITEM-LONGTEXT_{index}:132[]", line.description
