"""What our answer must say again: an order with a value that it cannot say is refused, for nobody could answer it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orderwire.canonical.party import Party
from orderwire.config.edi import EdiProfile
from orderwire.connectors.edi.charset import codec_of, fits_text
from orderwire.connectors.edi.values import plain
from orderwire.connectors.edi.widths import DIGITS, DIRECTORIES, ITEM_WIDTH, LINE_NO_WIDTH, digits_of, item_fits
from orderwire.connectors.edi.writer import syntax_id_of
from orderwire.errors import MappingError


@dataclass(frozen=True, slots=True)
class Echo:
    """What a partner's ORDRSP can hold."""

    reference_width: int
    codec: str

    def check_order(self, order_no: str, parties: Sequence[Party] = (), *, segment: str = "BGM") -> None:
        """Look at what stands in the answer's heading. Raises MappingError."""
        self._check("the order's number", order_no, self.reference_width, segment=segment)
        for each in [each for party in parties for each in party.ids if each.scheme != "vat"]:
            self._check("a party's number", each.value, len(each.value), segment="NAD")

    def check_change(self, change_no: str) -> None:
        """Look at the request's own number. Raises MappingError."""
        self._check("the request's number", change_no, self.reference_width, segment="BGM")

    def check_line(self, line_no: str, items: Sequence[str], unit: str | None, segment_no: int) -> None:
        """Look at a line; of its item numbers one is enough. Raises MappingError."""
        where = {"line_no": line_no, "segment_no": segment_no}
        self._check("the line's number", line_no, LINE_NO_WIDTH, segment="LIN", **where)
        if items and not any(item_fits(value, self.codec) for value in items):
            self._check("the item's number", items[0], ITEM_WIDTH, segment="LIN", **where)
        self._check("the unit", unit or "", len(unit or ""), segment="QTY", line_no=line_no)

    def check_quantity(self, quantity: Decimal, **where: object) -> None:
        """Look at a quantity of many digits. Raises MappingError."""
        if digits_of(plain(quantity)) > DIGITS:
            text = f"the quantity cannot be repeated in our answer, which has {DIGITS} digits for it"
            raise MappingError(text, segment="QTY", value=plain(quantity)[:80], **where)

    def _check(self, what: str, value: str, width: int, **where: object) -> None:
        if len(value) > width:
            text = f"{what} cannot be repeated in our answer, which has {width} characters for it"
            raise MappingError(text, value=value[:80], **where)
        if not fits_text(value, self.codec):
            text = f"{what} cannot be repeated in our answer: it is not in the character set ({self.codec})"
            raise MappingError(text, value=value[:80], **where)


def echo_of(edi: EdiProfile) -> Echo | None:
    """Return what the partner's ORDRSP can hold; None: it gets none."""
    kind = edi.message("ORDRSP")
    if not kind.send:
        return None
    directory = kind.version or edi.response_version
    return Echo(DIRECTORIES[directory].reference, codec_of(syntax_id_of(edi.charset)))
