"""ORDRSP."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ediwire import OURS, SENDER, decode, profile
from orderwire.canonical.order import Channel, ItemId, ItemScheme, OrderLine, PurchaseOrder
from orderwire.canonical.party import Party, PartyId, PartyRole
from orderwire.canonical.response import AnsweredOrder, Delivery, LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.encoder import EdifactEncoder
from orderwire.errors import MappingError

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
GTIN = ItemId(scheme=ItemScheme.GTIN, value="4099999001019")
BUYERS = ItemId(scheme=ItemScheme.BUYER, value="TB-DRILL")


def answered(
    *lines: ResponseLine, outcome: OrderOutcome = OrderOutcome.CHANGED, order_no: str = "PO-1", **facts: object
) -> AnsweredOrder:
    buyer = Party(role=PartyRole.BUYER, ids=(PartyId(scheme="gln", value=SENDER),))
    order = PurchaseOrder(
        order_no=order_no,
        partner="baumarkt",
        channel=Channel.EDI,
        parties=(buyer,),
        lines=(OrderLine(line_no="1", item_ids=(GTIN,), quantity=Decimal(10)),),
    )
    response = OrderResponse.model_validate(
        {"order_no": order_no, "partner": "baumarkt", "outcome": outcome, "decided_at": NOW, "lines": lines, **facts}
    )
    return AnsweredOrder(order=order, response=response)


def answer_line(**facts: object) -> ResponseLine:
    default = {
        "line_no": "00010",
        "item_ids": (GTIN,),
        "item_no": "1001",
        "outcome": LineOutcome.ACCEPTED,
        "unit": "PCE",
        "ordered": Decimal(10),
        "confirmed": Decimal(10),
    }
    return ResponseLine.model_validate({**default, **facts})


def written(answer: AnsweredOrder, partner: PartnerProfile | None = None) -> list[str]:
    document = EdifactEncoder().encode(answer, partner or profile(), 77, NOW)
    assert document is not None
    return document.content.decode("latin-1").split("'")


def test_ordrsp_is_whole() -> None:
    """The order is answered under our identifiers, with its number, ours, its parties and each of its lines."""
    answer = answered(
        answer_line(unit_price=Decimal("89.90"), promised_on=date(2026, 3, 9)),
        outcome=OrderOutcome.ACCEPTED,
        erp_no="SO-1",
        currency="EUR",
    )
    assert written(answer, profile(response_association="EAN005")) == [
        "UNA:+.? ",
        f"UNB+UNOC:3+{OURS}:14+{SENDER}:14+260302:0930+77",
        "UNH+1+ORDRSP:D:96A:UN:EAN005",
        "BGM+231+77+29",
        "DTM+137:20260302:102",
        "RFF+ON:PO-1",
        "RFF+VN:SO-1",
        f"NAD+BY+{SENDER}::9",
        f"NAD+SU+{OURS}::9",
        "CUX+2:EUR:9",
        "LIN+00010+5+4099999001019:EN",
        "PIA+1+1001:SA",
        "QTY+21:10:PCE",
        "QTY+113:10:PCE",
        "DTM+69:20260309:102",
        "PRI+AAA:89.9",
        "UNS+S",
        "CNT+2:1",
        "UNT+17+1",
        "UNZ+1+77",
        "",
    ]


@pytest.mark.parametrize(
    ("outcome", "code"), [(OrderOutcome.ACCEPTED, "29"), (OrderOutcome.CHANGED, "4"), (OrderOutcome.REJECTED, "27")]
)
def test_ordrsp_says_the_outcome_in_bgm(outcome: OrderOutcome, code: str) -> None:
    """1225 is 29, 4 or 27, as EANCOM has it."""
    assert f"BGM+231+77+{code}" in written(answered(answer_line(), outcome=outcome))


@pytest.mark.parametrize(
    ("facts", "rows"),
    [
        (
            {"outcome": "changed", "confirmed": 5, "reason": "out_of_stock"},
            [
                "LIN+00010+3+4099999001019:EN",
                "QTY+21:10:PCE",
                "QTY+113:5:PCE",
                "QTY+182:5:PCE",
                "QVR+-5:21+CP",
                "FTX+AAI++OOS::91+Out of stock",
            ],
        ),
        (
            {"outcome": "backordered", "confirmed": 5, "backordered": 5, "unit": None},
            ["LIN+00010+6+4099999001019:EN", "QTY+21:10", "QTY+113:5", "QTY+83:5"],
        ),
        (
            {"outcome": "rejected", "confirmed": 0, "unit_price": 5, "reason_text": "Item isn't sold: sorry + bye?"},
            [
                "LIN+00010+7+4099999001019:EN",
                "QTY+113:0:PCE",
                "QTY+182:10:PCE",
                "FTX+AAI+++Item isn?",
            ],
        ),
        (
            {"outcome": "substituted", "substitute_no": "1002"},
            ["LIN+00010+6+4099999001019:EN", "PIA+3+1002:SA"],
        ),
    ],
)
def test_ordrsp_answers_each_line(facts: dict[str, object], rows: list[str]) -> None:
    """1229 is 5, 3, 6 or 7; what comes, follows or will not come has its own quantity, and the reason is said."""
    segments = written(answered(answer_line(**facts)))
    assert [row for row in rows if row not in segments] == []
    assert not any(segment.startswith("PRI") for segment in segments)


def test_ordrsp_splits_a_line_into_its_deliveries() -> None:
    """Each part has its own schedule with its date, and so has the back-ordered rest."""
    parts = (Delivery(quantity=Decimal(3), promised_on=date(2026, 3, 9)), Delivery(quantity=Decimal(2)))
    line = answer_line(
        outcome="backordered",
        confirmed=5,
        backordered=5,
        promised_on=date(2026, 3, 9),
        deliveries=parts,
        backorder_on=date(2026, 4, 1),
    )
    segments = written(answered(line))
    assert segments[segments.index("QTY+83:5:PCE") + 1 : -5] == [
        "SCC+1",
        "QTY+113:3:PCE",
        "DTM+69:20260309:102",
        "SCC+1",
        "QTY+113:2:PCE",
        "SCC+1",
        "QTY+83:5:PCE",
        "DTM+69:20260401:102",
    ]


def test_ordrsp_speaks_the_partners_dialect() -> None:
    """A profile changes codes, the decimal mark, what stands in LIN and how a substitute is told."""
    writing = {
        "decimal_mark": ",",
        "item_codes": {"buyer": "BP"},
        "line_item": ["buyer"],
        "confirmed_quantity": "12",
        "promised_date": "67",
        "order_codes": {"changed": "30", "held": "12"},
        "line_codes": {"accepted": "24"},
        "substitutes": "for",
    }
    line = answer_line(item_ids=(GTIN, BUYERS), unit_price="1.5", promised_on=date(2026, 3, 9))
    segments = written(answered(line), profile(writing=writing))
    expected = [
        "UNA:+,? ",
        "BGM+231+77+30",
        "LIN+00010+24+TB-DRILL:BP",
        "PIA+1+4099999001019:EN+1001:SA",
        "QTY+12:10:PCE",
        "DTM+67:20260309:102",
        "PRI+AAA:1,5",
    ]
    assert [row for row in expected if row not in segments] == []
    sent_instead = written(answered(answer_line(substitute_no="1002", outcome="substituted")), profile(writing=writing))
    assert sent_instead[sent_instead.index("LIN+00010+6+1002:SA") + 1] == "PIA+4+4099999001019:EN+1001:SA"
    held = answered(answer_line(), outcome=OrderOutcome.HELD)
    assert "BGM+231+77+12" in written(held, profile(writing=writing))


def test_a_message_has_its_own_directory_and_may_be_left_out() -> None:
    """`messages` decides per kind, over the directory of responses."""
    other = profile(messages={"ORDRSP": {"version": "D.01B", "association": "EAN009"}}, response_association="EAN005")
    assert written(answered(answer_line()), other)[2] == "UNH+1+ORDRSP:D:01B:UN:EAN009"
    none = profile(messages={"ORDRSP": {"send": False}})
    assert EdifactEncoder().encode(answered(answer_line()), none, 1, NOW) is None


def test_ordrsp_names_items_as_the_buyer_did() -> None:
    """Without GTIN the buyer's number stands in PIA 5, beside ours."""
    segments = written(answered(answer_line(item_ids=(BUYERS,))))
    assert "LIN+00010+5" in segments
    assert "PIA+5+TB-DRILL:IN+1001:SA" in segments


def test_ordrsp_in_d01b() -> None:
    """D.01B says so in UNH and calls the GTIN SRV."""
    segments = written(answered(answer_line()), profile(response_version="D.01B", una=False))
    assert segments[1] == "UNH+1+ORDRSP:D:01B:UN"
    assert "LIN+00010+5+4099999001019:SRV" in segments


def test_ordrsp_cuts_long_texts_between_words() -> None:
    """A reason longer than an element goes on in the next component."""
    segments = written(answered(answer_line(), reason_text="word " * 30))
    (text,) = [segment for segment in segments if segment.startswith("FTX")]
    assert text == "FTX+AAI+++" + ":".join([" ".join(["word"] * 14)] * 2 + ["word word"])


def test_ordrsp_writes_in_the_partners_character_set() -> None:
    """UTF-8 is written where the profile says so; else what Latin-1 lacks is written as near as can be."""
    answer = answered(answer_line(), reason_text="Größe 10 € ½ Łódź")
    utf8 = EdifactEncoder().encode(answer, profile(charset="utf-8"), 1, NOW)
    assert utf8 is not None
    assert "Größe 10 € ½ Łódź" in utf8.content.decode()
    assert "UNB+UNOY:3" in utf8.content.decode()
    assert "FTX+AAI+++Größe 10 . ½ .ódz" in written(answer)


def test_ordrsp_answers_a_test_as_a_test() -> None:
    """The test indicator goes back with the answer."""
    assert written(answered(answer_line(), test=True))[1].endswith("+77++++++1")


def test_ordrsp_is_not_sent_for_a_held_order_or_without_edi() -> None:
    """A held order is not answered yet, and a partner without EDI gets none."""
    no_edi = PartnerProfile(key="webshop", name="W", customer_no="C4")
    assert EdifactEncoder().encode(answered(answer_line(), outcome=OrderOutcome.HELD), profile(), 1, NOW) is None
    assert EdifactEncoder().encode(answered(answer_line()), no_edi, 1, NOW) is None


@pytest.mark.parametrize(
    "answer",
    [
        answered(answer_line(), order_no="9" * 40),
        answered(answer_line(line_no="1234567")),
        answered(answer_line(item_ids=(ItemId(scheme=ItemScheme.BUYER, value="x" * 40),))),
        answered(answer_line(), order_no="Ł-1"),
    ],
)
def test_ordrsp_refuses_to_bend_references(answer: AnsweredOrder) -> None:
    """A number that the directory or the character set cannot hold is an error: it is never cut or replaced."""
    with pytest.raises(MappingError):
        EdifactEncoder().encode(answer, profile(), 1, NOW)


def test_ordrsp_leaves_out_a_number_that_cannot_be_written_beside_one_that_can() -> None:
    """One of the buyer's numbers is enough to know the item by."""
    long = ItemId(scheme=ItemScheme.BUYER, value="x" * 40)
    assert [row for row in written(answered(answer_line(item_ids=(long, GTIN)))) if "x" * 35 in row] == []


def test_ordrsp_passes_our_own_checks() -> None:
    """What we write is read without a finding."""
    document = EdifactEncoder().encode(answered(answer_line(reason_text="it's 5 + 5: ok?")), profile(), 77, NOW)
    assert document is not None
    (only,) = decode(document.content)
    assert only.accepted
    assert [(each.kind, each.accepted) for each in only.messages] == [("ORDRSP", True)]


def test_ordrsp_answers_a_change() -> None:
    """The change's own number is told beside the order's; what was taken away says so, without a price."""
    line = answer_line(outcome="deleted", confirmed=0, unit_price="1.5")
    segments = written(answered(line, change_no="CH-70001", answers="cancel", outcome=OrderOutcome.ACCEPTED))
    assert "BGM+231+77+29" in segments
    assert segments[segments.index("RFF+ON:" + answered(line).response.order_no) + 1] == "RFF+PP:CH-70001"
    assert [row for row in segments if row.startswith(("LIN+00010+2", "QTY+113:0", "QTY+182:10", "PRI"))] == [
        next(row for row in segments if row.startswith("LIN+00010+2")),
        "QTY+113:0:PCE",
        "QTY+182:10:PCE",
    ]
