"""Open Catalog Interface 4 and 5: a catalogue call's fields to the set-up, and the cart as NEW_ITEM fields."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import ValidationError

from orderwire.canonical.cart import Cart, CartFinding, CartLine, Operation, Setup
from orderwire.config.profile import PartnerProfile
from orderwire.config.punchout import OciProfile
from orderwire.connectors.punchout.oci_line import fields_of, unfit
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

    def stops(self, cart: Cart, partner: PartnerProfile) -> list[CartFinding]:
        """Return the lines that do not fit in the interface's fields."""
        return [
            CartFinding(line_no=line.line_no, code="field_too_long", text=text)
            for line in cart.lines
            for text in unfit(_fields(line, cart.currency, partner))
        ]

    def write(
        self,
        cart: Cart | None,
        session: PunchoutSession,
        setup: Setup,
        partner: PartnerProfile,
        now: datetime,  # noqa: ARG002  the port
    ) -> OutboundDocument:
        """Write the fields; a session that ended without a cart has none, and SAP changes nothing.

        Raises:
            MappingError: a number is longer than its field: cut, it would be another one.
        """
        for stop in self.stops(cart, partner) if cart else ():
            raise MappingError(f"a field is too long: {stop.text}", line_no=stop.line_no)
        lines = enumerate(cart.lines if cart else (), start=1)
        currency = cart.currency if cart else ""
        fields = [*_echo(setup), *(field for index, line in lines for field in _line(index, line, currency, partner))]
        content = urlencode(fields).encode("ascii")
        return OutboundDocument(KIND, content, f"OCI_{session.id}.txt", "application/x-www-form-urlencoded", session.id)

    def form(self, content: bytes, setup: Setup, partner: PartnerProfile) -> ReturnForm:  # noqa: ARG002  the port
        fields = tuple(parse_qsl(content.decode("ascii"), keep_blank_values=True))
        target = setup.echo.get("~TARGET", "")
        charset = _CHARSETS.get(setup.echo.get("http_content_charset", "").casefold(), "iso-8859-1")
        return ReturnForm(setup.return_url, fields, charset, target if target in _TARGETS else "_self")


def _echo(setup: Setup) -> Iterable[tuple[str, str]]:
    return ((name, value) for name, value in setup.echo.items() if name != "http_content_charset")


def _line(index: int, line: CartLine, currency: str, partner: PartnerProfile) -> Iterator[tuple[str, str]]:
    """Yield one line's fields; an index stands before the colon in LONGTEXT alone."""
    for name, value in _fields(line, currency, partner).items():
        yield f"NEW_ITEM-{name}[{index}]", value
    yield f"NEW_ITEM-LONGTEXT_{index}:132[]", line.description


def _fields(line: CartLine, currency: str, partner: PartnerProfile) -> dict[str, str]:
    return fields_of(line, currency, price_basis=partner.punchout is None or partner.punchout.cart.price_basis)
