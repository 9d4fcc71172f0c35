"""Bodies become messages: which, in what words, and read without error by pydifact."""

from datetime import date
from decimal import Decimal

import pytest

from canonicals import (
    ACKNOWLEDGEMENT,
    CREDIT_NOTE,
    INVENTORY,
    INVOICE,
    RECEIPT,
    REDUCED,
    SHIPMENT,
    a_shipment,
    an_inventory_report,
    an_invoice,
    shipment_line,
)
from edibuyer import NOW, by_pydifact, encoded, read, rows, understood
from ediwire import profile
from orderwire.canonical.acknowledgement import Acknowledgement, AcknowledgementKind, Fault, Verdict
from orderwire.canonical.inventory import FigureKind, InventoryFigure, InventoryLine
from orderwire.canonical.model import Canonical
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.edi.encoder import EdifactEncoder
from orderwire.errors import MappingError

OBJECTION = Acknowledgement(
    kind=AcknowledgementKind.APPLICATION,
    partner="baumarkt",
    verdict=Verdict.REJECTED,
    references={"ACW": "PO-1", "ABO": "R1"},
    faults=(Fault(code="mapping", text="no such date", reference="LI:3"), Fault(code="E17")),
)


def test_a_desadv_is_whole() -> None:
    """The tree of packages with their codes and numbers, and each line with its order, batch and expiry."""
    assert rows(SHIPMENT, profile(messages={"DESADV": {"association": "EAN007"}})) == [
        "BGM+351+102045+9",
        "DTM+137:20261125:102",
        "DTM+11:20261122:102",
        "DTM+17:20261124:102",
        "RFF+ON:4500017731",
        "RFF+VN:SO-1",
        "NAD+BY+4099998000020::9",
        "NAD+SU+4099998000013::9",
        "NAD+DP+4099998000020::9",
        "CPS+1",
        "LIN+2",
        "PIA+5+TB-DRILL:IN",
        "QTY+12:6:PCE",
        "RFF+ON:4500017731:2",
        "CPS+2+1",
        "PAC+1++201::9",
        "PCI+33E",
        "GIN+BJ+340999980000000014",
        "CPS+3+2",
        "PAC+1++CT",
        "PCI+33E",
        "GIN+BJ+340999980000000021",
        "LIN+1++4099999001019:EN",
        "PIA+1+1001:SA",
        "QTY+12:6:PCE",
        "QTY+21:10:PCE",
        "QTY+83:4:PCE",
        "GIN+BX+L-7",
        "DTM+36:20280131:102",
        "RFF+ON:4500017731:1",
        "CNT+2:2",
    ]


def test_an_invoic_is_whole() -> None:
    """Heading, discount, lines with prices, and the totals with one TAX for each rate."""
    assert rows(INVOICE, profile(response_version="D.01B")) == [
        "BGM+380+103018+9",
        "DTM+137:20261125:102",
        "DTM+35:20261124:102",
        "FTX+AAI+++Thank you",
        "RFF+ON:4500017731",
        "RFF+DQ:102045",
        "RFF+VN:SO-1",
        "NAD+BY+4099998000020::9",
        "NAD+SU+4099998000013::9",
        "CUX+2:EUR:4",
        "PAT+3",
        "DTM+140:20261225:102",
        "ALC+A++++:::Volume discount",
        "MOA+8:9.8",
        "TAX+7+VAT+++:::19+S",
        "LIN+1++4099999001019:SRV",
        "PIA+1+1001:SA",
        "IMD+F++:::Cordless drill 18 V",
        "QTY+47:2:PCE",
        "MOA+203:179.8",
        "PRI+AAA:89.9",
        "RFF+ON:4500017731:1",
        "TAX+7+VAT+++:::19+S",
        "LIN+2++4099999001019:SRV",
        "PIA+1+1001:SA",
        "IMD+F++:::Cordless drill 18 V",
        "QTY+47:10:PCE",
        "MOA+203:20",
        "PRI+AAA:200:::100:PCE",
        "RFF+ON:4500017731:2",
        "TAX+7+VAT+++:::7+AA",
        "UNS+S",
        "CNT+2:2",
        "MOA+79:199.8",
        "MOA+131:-9.8",
        "MOA+125:190",
        "MOA+176:33.7",
        "MOA+77:223.7",
        "MOA+9:223.7",
        "TAX+7+VAT+++:::19+S",
        "MOA+125:170",
        "MOA+124:32.3",
        "TAX+7+VAT+++:::7+AA",
        "MOA+125:20",
        "MOA+124:1.4",
    ]


def test_a_reduced_rate_is_a_standard_one_of_another_height_in_d96a() -> None:
    """D.96A has no code for it; the rate itself says it."""
    assert "TAX+7+VAT+++:::7+S" in rows(INVOICE)
    assert {each.tax.rate for each in understood(encoded(INVOICE)).taxes} == {Decimal(19), REDUCED.rate}


def test_a_credit_note_names_its_invoice() -> None:
    """BGM 381, and RFF IV."""
    written = rows(CREDIT_NOTE)

    assert written[0] == "BGM+381+104001+9"
    assert "RFF+IV:103018" in written


def test_an_invrpt_is_whole() -> None:
    """Figures with their place; D.01B begins each with INV."""
    figures = ["QTY+145:120:PCE", "LOC+14+4099998000013", "QTY+66:20:PCE"]
    assert rows(INVENTORY)[-5:] == ["LIN+1++4099999001019:EN", "PIA+1+1001:SA", *figures]
    assert rows(INVENTORY, profile(response_version="D.01B"))[-5:] == ["INV++1", *figures[:2], "INV++1", figures[2]]


def test_an_aperak_is_whole() -> None:
    """References to what it is about, then each error with its words and its line."""
    assert rows(OBJECTION, profile(response_version="D.01B")) == [
        "BGM+305+77+27",
        "DTM+137:20261125:102",
        "RFF+ACW:PO-1",
        "RFF+ABO:R1",
        "ERC+mapping::91",
        "FTX+AAO+++no such date",
        "RFF+LI:3",
        "ERC+E17::91",
    ]


@pytest.mark.parametrize(
    "body", [SHIPMENT, INVOICE, CREDIT_NOTE, INVENTORY, OBJECTION], ids=lambda body: type(body).__name__
)
@pytest.mark.parametrize("version", ["D.96A", "D.01B"])
def test_what_is_written_is_sound_for_pydifact_too(body: Canonical, version: str) -> None:
    """Pydifact reads the same segments without an error, and our checks find nothing."""
    content = encoded(body, profile(response_version=version))
    message, findings = read(content)

    assert findings == []
    assert by_pydifact(content) == [segment.tag for segment in message.segments[1:-1]]


def test_a_test_is_sent_as_a_test() -> None:
    """The test indicator is in the UNB of whatever is sent."""
    assert b"+77++++++1'" in encoded(a_shipment(test=True))


@pytest.mark.parametrize(
    ("body", "partner"),
    [
        (SHIPMENT, profile(messages={"DESADV": {"send": False}})),
        (INVOICE, PartnerProfile(key="webshop", name="W", customer_no="C4")),
    ],
)
def test_a_partner_may_get_none(body: Canonical, partner: PartnerProfile) -> None:
    """Without EDI, or where the profile says so, nothing is written."""
    assert EdifactEncoder().encode(body, partner, 1, NOW) is None


@pytest.mark.parametrize(
    "body",
    [
        RECEIPT,
        a_shipment(shipment_no="9" * 35, order_no="9" * 36),
        a_shipment(packages=(), lines=(shipment_line("2", batch_no="B" * 36),)),
        a_shipment(packages=(), lines=(shipment_line("2", order_line_no="1234567"),)),
        a_shipment(packages=(), lines=(shipment_line("2", delivered="1234567890.123456"),)),
        a_shipment(packages=({"package_no": "2", "kind": "K" * 18},)),
        an_invoice(order_no="Ł-1"),
        an_inventory_report(
            lines=(
                InventoryLine(
                    line_no="1",
                    item_ids=SHIPMENT.lines[0].item_ids,
                    figures=(InventoryFigure(kind=FigureKind.OTHER, quantity=Decimal(1)),),
                ),
            )
        ),
    ],
)
def test_nothing_is_bent_to_fit(body: Canonical) -> None:
    """What has no message, or does not fit into one, is an error: numbers are never cut."""
    with pytest.raises(MappingError):
        encoded(body)


def test_an_acknowledgement_that_came_is_not_what_we_write() -> None:
    """A CONTRL is answered nowhere: only an objection of our own becomes an APERAK."""
    assert ACKNOWLEDGEMENT.kind is AcknowledgementKind.SYNTAX
    with pytest.raises(MappingError):
        encoded(ACKNOWLEDGEMENT)


def test_long_descriptions_are_cut_between_words() -> None:
    """A first half of less than full width ends a word; a word that fills it goes on in the second."""
    words = "Cordless drill with two batteries and a case"
    line = shipment_line("2", description=words)
    assert "IMD+F++:::Cordless drill with two batteries:and a case" in rows(a_shipment(packages=(), lines=(line,)))
    long_word = shipment_line("2", description="x" * 40)
    assert f"IMD+F++:::{'x' * 35}:{'x' * 5}" in rows(a_shipment(packages=(), lines=(long_word,)))
    assert understood(encoded(a_shipment(packages=(), lines=(line,)))).lines[0].description == words


def test_dates_of_a_shipment_are_its_own() -> None:
    """137 is the day of the message, 11 that of the despatch."""
    back = understood(encoded(a_shipment(despatched_on=date(2026, 11, 1), expected_on=None)))
    assert (back.despatched_on, back.expected_on) == (date(2026, 11, 1), None)
