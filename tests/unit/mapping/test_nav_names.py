"""What NAV's fields are called elsewhere."""

import pytest

from orderwire.mapping.nav_names import CAPTIONS, alike, folded, meant, same


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Sell_to_Customer_No", "Verk_an_Deb_Nr"),
        ("No", "N_x00BA_"),
        ("No", "N_x00B0_"),
        ("Quantity", "Quantité"),
        ("Quantity", "Qty"),
        ("External_Document_No", "ExternalDocumentNo"),
        ("Unit_of_Measure_Code", "UoM_Code"),
        ("Requested_Delivery_Date", "Ønsket_leveringsdato"),
        ("Requested_Delivery_Date", "Gew_x00FC_nschtes_Lieferdatum"),
        ("Item", "Artikel"),
    ],
)
def test_captions_and_spellings_mean_the_same(ours: str, theirs: str) -> None:
    """XML's escapes, accents, dots and usual shortenings make no difference."""
    assert same(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Qty_on_Sales_Order", "Qty_on_Service_Order"),
        ("Sell_to_Customer_No", "Bill_to_Customer_No"),
        ("Inventory", "Maximum_Inventory"),
        ("External_Document_No", "Your_Reference"),
        ("Unit_Price", "Unit_Cost"),
    ],
)
def test_other_fields_are_never_taken_for_ours(ours: str, theirs: str) -> None:
    """A wrong stock figure is worse than none: such fields are not even shown as a guess."""
    assert not same(ours, theirs)
    assert alike(ours, [theirs]) is None


def test_meant_wants_one_candidate() -> None:
    """Our own name wins; two candidates are none."""
    assert meant("Quantity", ["Menge", "No"]) == "Menge"
    assert meant("Quantity", ["Menge", "Quantity"]) == "Quantity"
    assert meant("Quantity", ["Menge", "Aantal"]) is None
    assert meant("Quantity", []) is None


def test_alike_shows_other_spellings() -> None:
    """A misspelt or shortened name is shown to a person."""
    assert alike("Requested_Delivery_Date", ["Order_Date", "Req_Deliv_Date"]) == "Req_Deliv_Date"
    assert alike("Inventory", ["Inventry", "Name"]) == "Inventry"


def test_no_caption_means_two_fields_of_one_record() -> None:
    """Within lines and within headers a caption tells one field."""
    for fields in (
        ("Type", "No", "Quantity", "Unit_of_Measure_Code", "Unit_Price", "Line_No", "Location_Code", "Variant_Code"),
        ("No", "Sell_to_Customer_No", "Sell_to_Customer_Name", "External_Document_No", "Order_Date", "SalesLines"),
        ("No", "Description", "Base_Unit_of_Measure", "Inventory", "Qty_on_Sales_Order", "Blocked", "GTIN"),
    ):
        captions = [folded(caption) for field in fields for caption in {folded(name) for name in CAPTIONS[field]}]
        assert len(captions) == len(set(captions))
