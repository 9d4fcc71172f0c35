"""ORDCHG (D.96A, D.01B) to the change that it asks for."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from orderwire.canonical.change import OrderChange
from orderwire.canonical.envelope import EventType
from orderwire.canonical.order import Channel, Purpose
from orderwire.connectors.edi.lines import out_of_bounds
from orderwire.connectors.edi.maps.sender import Sender
from orderwire.connectors.edi.orders import HEADING, OrderDraft, read
from orderwire.connectors.edi.segment import Segment
from orderwire.errors import MappingError
from orderwire.ports.intake import Notice

#: BGM 1225. Without one, a message of this type is a change.
_PURPOSES: Final = {"": Purpose.CHANGE, "4": Purpose.CHANGE, "5": Purpose.REPLACE, "1": Purpose.CANCEL}
_SEGMENT_OF: Final = {"order_no": "RFF", "change_no": "BGM", "lines": "LIN"}


def to_order_change(segments: Sequence[Segment], sender: Sender) -> Notice:
    """Return the request for a change or a cancellation.

    Raises:
        MappingError: it asks for nothing that can be done; `segment` and `segment_no` say where.
    """
    draft = read(segments, OrderDraft(sender, is_change=True, test=sender.test), {**HEADING, "BGM": _bgm})
    change = _change(draft)
    cancels = change.purpose is Purpose.CANCEL
    kind = EventType.ORDER_CANCEL_REQUESTED if cancels else EventType.ORDER_CHANGE_REQUESTED
    return Notice(kind, change, number=change.order_no, order_no=change.order_no)


def _bgm(draft: OrderDraft, segment: Segment) -> None:
    """BGM 1004 is the request's own number, 1225 what is wanted."""
    function = segment.value(3)
    if function not in _PURPOSES:
        raise MappingError("the message function is not supported", function=function)
    draft.change_no, draft.purpose = segment.value(2, 1), _PURPOSES[function]


def _change(draft: OrderDraft) -> OrderChange:
    """The order is the one of RFF ON; a buyer that gives none means the number in BGM."""
    order_no = draft.references.get("order", "") or draft.change_no
    if not order_no:
        raise MappingError("the request names no order", segment="RFF")
    try:
        return OrderChange(
            order_no=order_no,
            change_no=draft.change_no or None,
            partner=draft.sender.partner,
            channel=Channel.EDI,
            purpose=draft.purpose,
            test=draft.test,
            requested_at=draft.ordered_on,
            requested_on=draft.requested_on,
            not_before=draft.not_before,
            not_after=draft.not_after,
            note="\n".join(draft.notes) or None,
            lines=() if draft.purpose is Purpose.CANCEL else tuple(line.to_change() for line in draft.drafts),
        )
    except ValidationError as error:
        raise out_of_bounds(error, _SEGMENT_OF, "BGM") from None
