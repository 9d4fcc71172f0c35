"""PunchOutSetupRequest to the canonical set-up."""

from decimal import Decimal

import pytest
from lxml import etree

from orderwire.canonical.cart import Operation, Setup
from orderwire.connectors.punchout.finding import status_code
from orderwire.connectors.punchout.setup import read_setup
from orderwire.ports.intake import Finding

FORM = "<BrowserFormPost><URL>https://buyer.example.com/cart</URL></BrowserFormPost>"

NO_QUANTITY = '<ItemOut quantity="x"><ItemID><SupplierPartID>1</SupplierPartID></ItemID></ItemOut>'


def read(content: str, operation: str = "create") -> Setup | Finding:
    text = f'<PunchOutSetupRequest operation="{operation}">{content}</PunchOutSetupRequest>'
    return read_setup(etree.fromstring(text), test=False)


def setup(content: str, operation: str = "create") -> Setup:
    found = read(content, operation)
    assert isinstance(found, Setup), found
    return found


def test_everything_a_set_up_says_is_read() -> None:
    """Cookie, person, fields, address, item and the cart of before."""
    found = setup(
        "<BuyerCookie> 1CX &amp; 2 </BuyerCookie>"
        '<Extrinsic name="UserEmail">ada@buyer.example</Extrinsic><Extrinsic name="CostCenter">47&lt;11</Extrinsic>'
        '<Extrinsic name="FirstName">Ada</Extrinsic><Extrinsic name="LastName">Lovelace</Extrinsic>'
        + FORM
        + '<ShipTo><Address addressID="L1"><Name>Lyon</Name><PostalAddress><Street>1 rue</Street><City>Lyon</City>'
        '<Country isoCountryCode="FR">France</Country></PostalAddress></Address></ShipTo>'
        "<SelectedItem><ItemID><SupplierPartID>1003</SupplierPartID></ItemID></SelectedItem>"
        '<ItemOut quantity="2" lineNumber="1"><ItemID><SupplierPartID>1001</SupplierPartID>'
        "<SupplierPartAuxiliaryID>Q-1 &lt;a&gt;</SupplierPartAuxiliaryID></ItemID><ItemDetail><UnitPrice>"
        '<Money currency="EUR">89.90</Money></UnitPrice><Description xml:lang="en">Drill</Description>'
        "<UnitOfMeasure>PCE</UnitOfMeasure></ItemDetail></ItemOut>",
        "edit",
    )

    assert (found.operation, found.buyer_cookie) == (Operation.EDIT, " 1CX & 2 ")
    assert (found.user, found.email) == ("Ada Lovelace", "ada@buyer.example")
    assert found.extrinsics["CostCenter"] == "47<11"
    assert found.ship_to is not None
    assert (found.ship_to.name, found.ship_to.country) == ("Lyon", "FR")
    assert found.item_no == "1003"
    [line] = found.items
    assert (line.auxiliary_id, line.quantity, line.unit, line.net_price) == (
        "Q-1 <a>",
        Decimal(2),
        "PCE",
        Decimal("89.9"),
    )


@pytest.mark.parametrize(
    ("content", "user", "email"),
    [
        ('<Extrinsic name="UniqueName">ada</Extrinsic>' + FORM, "ada", None),
        (FORM + "<Contact><Name>Ada</Name><Email>a@b.example</Email></Contact>", "Ada", "a@b.example"),
        (FORM + "<ShipTo><Address><Name>x</Name><Email>s@b.example</Email></Address></ShipTo>", None, "s@b.example"),
        (FORM, None, None),
    ],
)
def test_the_person_is_wherever_the_suite_says_it(content: str, user: str | None, email: str | None) -> None:
    """No name is guaranteed."""
    found = setup(content)

    assert (found.user, found.email) == (user, email)


@pytest.mark.parametrize(
    ("content", "operation", "code", "status"),
    [
        (FORM, "delete", "unsupported", 450),
        (FORM, "", "unsupported", 450),
        ("<BuyerCookie>1</BuyerCookie>", "create", "missing", 400),
        (f"<BrowserFormPost><URL>https://b.example/{'x' * 4000}</URL></BrowserFormPost>", "create", "invalid", 400),
        (
            FORM + '<ItemOut quantity="x"><ItemID><SupplierPartID>1</SupplierPartID></ItemID></ItemOut>',
            "edit",
            "quantity",
            400,
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(content: str, operation: str, code: str, status: int) -> None:
    """The first finding that stops it; its Status is a permanent one."""
    found = read(content, operation)

    assert isinstance(found, Finding)
    assert (found.code, status_code(found)) == (code, status)


def test_hostile_fields_stay_small() -> None:
    """Names and texts of any length and number."""
    many = "".join(f'<Extrinsic name="n{number}">x</Extrinsic>' for number in range(500))

    assert len(setup(many + FORM).extrinsics) == 200
    assert setup(f'<Extrinsic name="User">{"u" * 9000}</Extrinsic>{FORM}').user == "u" * 255
