"""ORDCHG (D.96A, D.01B), and ORDERS that changes an earlier one, to the change that it asks for."""

from collections.abc import Sequence
from itertools import islice
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Channel, Purpose
from orderwire.connectors.edi.line_draft import out_of_bounds
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.orders import HEADING, NO_ORDER, OrderDraft, read
from orderwire.connectors.edi.segment import Segment
from orderwire.errors import MappingError
from orderwire.ports.intake import Notice

#: BGM 1225. Without one, a message of this type is a change.
_PURPOSES: Final = {"": Purpose.CHANGE, "4": Purpose.CHANGE, "5": Purpose.REPLACE, "1": Purpose.CANCEL}
#: BGM 1001 of a request with a number of its own.
_REQUEST: Final = "230"
_SEGMENT_OF: Final = {"order_no": "RFF", "change_no": "BGM", "lines": "LIN"}
#: BGM is the second segment; of a message that is out of order, it may be a later one.
_HEAD: Final = 10


def is_change(segments: Sequence[Segment]) -> bool:
    """Whether an ORDERS changes, replaces or cancels an order that came before."""
    bgm = next((segment for segment in islice(segments, _HEAD) if segment.tag == "BGM"), None)
    return bgm is not None and (bgm.value(1, 1) == _REQUEST or bgm.value(3) in {"1", "4", "5"})


def to_order_change(segments: Sequence[Segment], sender: Sender) -> Notice:
    """Return the request for a change or a cancellation.

    An ORDERS is the order itself once more: its numbers are the order's, unless BGM says that it is a request (230).

    Raises:
        MappingError: it asks for nothing that can be done; `segment` and `segment_no` say where.
    """
    draft = read(segments, OrderDraft(sender, is_change=True, test=sender.test), {**HEADING, "BGM": _bgm})
    again = segments[0].value(2, 1) == "ORDERS" and draft.document != _REQUEST
    change = _change(draft, again=again)
    cancels = change.purpose is Purpose.CANCEL
    kind = EventType.ORDER_CANCEL_REQUESTED if cancels else EventType.ORDER_CHANGE_REQUESTED
    return Notice(kind, change, number=change.order_no, order_no=change.order_no)


def _bgm(draft: OrderDraft, segment: Segment) -> None:
    """BGM 1001 the document, 1004 its own number, 1225 what is wanted."""
    document, function = segment.value(1, 1), segment.value(3)
    if document in NO_ORDER:
        raise MappingError("the document is no order", document=document)
    if function not in _PURPOSES:
        raise MappingError("the message function is not supported", function=function)
    draft.document, draft.order_no, draft.purpose = document, segment.value(2, 1), _PURPOSES[function]


def _change(draft: OrderDraft, *, again: bool) -> OrderChange:
    """The order is the one of RFF ON; a buyer that gives none means the number in BGM, which then is no request's."""
    referred = "" if again else draft.references.get("order", "")
    order_no = referred or draft.order_no
    if not order_no:
        raise MappingError("the request names no order", segment="RFF")
    change_no = draft.order_no if draft.order_no != order_no else draft.references.get("order_change", "")
    if draft.sender.echo:
        draft.sender.echo.check_order(order_no, segment="RFF" if referred else "BGM")
        draft.sender.echo.check_change(change_no)
    lines = [] if draft.purpose is Purpose.CANCEL else draft.drafts
    try:
        return OrderChange(
            order_no=order_no,
            change_no=change_no or None,
            partner=draft.sender.partner,
            channel=Channel.EDI,
            purpose=draft.purpose,
            test=draft.test,
            requested_at=draft.ordered_on,
            requested_on=draft.requested_on,
            not_before=draft.not_before,
            not_after=draft.not_after,
            note="\n".join(draft.notes) or None,
            lines=tuple(line.to_change(own_number=again) for line in lines),
        )
    except ValidationError as error:
        raise out_of_bounds(error, _SEGMENT_OF, "BGM") from None
