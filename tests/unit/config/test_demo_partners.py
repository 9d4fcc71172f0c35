"""The configuration that comes with Orderwire: the demo's partners and their sample orders."""

import hashlib
import re
from decimal import Decimal
from pathlib import Path

import pytest

from orderwire.canonical.order import ItemScheme
from orderwire.config.partners import Partners
from orderwire.config.profile import ShortagePolicy
from orderwire.config.settings import Settings, load_settings
from orderwire.config.variables import settings_of
from orderwire.connectors.api.connector import read_order
from orderwire.connectors.api.orders import to_purchase_order

CONFIG = Path(__file__).resolve().parents[3] / "config"
PARTNERS = Partners(CONFIG)
SAMPLES = sorted(CONFIG.glob("partners/*/samples/*.edi"))


def segments(file: Path) -> list[str]:
    """Split at terminators that are not released; the samples need no more."""
    text = file.read_bytes().decode("latin-1").removeprefix("UNA:+.? '")
    return [segment.strip("\r\n") for segment in re.split(r"(?<!\?)'", text) if segment.strip("\r\n")]


def test_the_profiles_are_in_order() -> None:
    """A fresh clone has no problem to tell of."""
    assert PARTNERS.problems() == []
    assert {profile.key: profile.shortage for profile in PARTNERS.all()} == {
        "baumarkt": ShortagePolicy.REJECT_LINE,
        "bricolage": ShortagePolicy.BACK_ORDER,
        "officeworks": ShortagePolicy.REJECT_LINE,
        "toolbox": ShortagePolicy.PART_DELIVERY,
        "procure": ShortagePolicy.PART_DELIVERY,
        "webshop": ShortagePolicy.REJECT_ORDER,
    }


def test_the_settings_are_those_of_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """They name the simulator's company, and leave the password to the environment."""
    for setting in settings_of(Settings):
        monkeypatch.delenv(setting.variable, raising=False)

    nav = load_settings(config_dir=CONFIG).nav

    assert (nav.company, nav.username) == ("Northwind Tools Ltd.", "orderwire")
    assert nav.password.get_secret_value() == ""
    assert "password:" not in re.sub(r"#.*", "", (CONFIG / "orderwire.yaml").read_text("utf-8"))


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: f"{file.parents[1].name}-{file.stem}")
def test_a_sample_counts_what_it_holds_unless_it_is_named_broken(file: Path) -> None:
    """UNT, UNZ and CNT say what stands between; the broken one is wrong in the segment count alone."""
    found = segments(file)
    tags = [segment[:3] for segment in found]
    count, reference = found[tags.index("UNT")].split("+")[1:]

    assert (int(count) == len(found) - 2) is (file.stem != "broken-segment-count")
    assert found[1].split("+")[1] == reference
    assert found[-1] == f"UNZ+1+{found[0].split('+')[5]}"
    assert found[tags.index("CNT")] == f"CNT+2:{tags.count('LIN')}"


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: f"{file.parents[1].name}-{file.stem}")
def test_a_sample_is_found_to_be_its_partners(file: Path) -> None:
    """UNB names sender and recipient as the profile does."""
    sender, recipient = (part.split(":") for part in segments(file)[0].split("+")[2:4])

    profile = PARTNERS.by_edi_identifier(*sender)

    assert profile is not None
    assert profile.key == file.parents[1].name
    assert profile.edi is not None
    assert [profile.edi.ours.id, profile.edi.ours.qualifier] == recipient


def test_control_references_and_order_numbers_are_used_once() -> None:
    """No sample is another one's duplicate."""
    references = [segments(file)[0].split("+")[5] for file in SAMPLES]
    orders = [segments(file)[2].split("+")[2] for file in SAMPLES]

    assert len(set(references)) == len(set(orders)) == len(SAMPLES)


def test_the_samples_show_the_partners_styles() -> None:
    """With and without UNA, by GTIN, supplier's and buyer's number, in pieces, cartons and without unit."""
    raw = {file.parents[1].name: file.read_bytes() for file in SAMPLES if file.stem == "order"}

    assert raw["baumarkt"].startswith(b"UNA")
    assert b":EN'" in raw["baumarkt"]
    assert b":CT'" in raw["baumarkt"]
    assert b"ORDERS:D:01B" in raw["bricolage"]
    assert b":SA'" in raw["bricolage"]
    assert b"QTY+21:12'" in raw["bricolage"]
    assert b"\r\n" in raw["bricolage"]
    assert b"\n" not in raw["toolbox"]
    assert raw["toolbox"].startswith(b"UNB")
    assert b"LIN+1'PIA+5+TB-DRILL:IN'" in raw["toolbox"]


def test_the_buyers_own_numbers_are_mapped() -> None:
    """Each number that the one-line file names stands in the partner's code table."""
    (file,) = (sample for sample in SAMPLES if sample.parents[1].name == "toolbox")
    named = [segment.split("+")[2].split(":")[0] for segment in segments(file) if segment.startswith("PIA")]

    assert [PARTNERS.get("toolbox").items[ItemScheme.BUYER, number] for number in named] == ["1001", "1002", "1003"]


def test_the_webshop_order_is_one_the_api_reads_and_its_key_fits() -> None:
    """The REST sample names one item by NAV's number and one by GTIN, and the demo's key has the profile's hash."""
    body = (CONFIG / "partners/webshop/samples/order.json").read_bytes()

    order = to_purchase_order(read_order(body), "webshop")
    found = PARTNERS.by_api_key_sha256(hashlib.sha256(b"demo-webshop-key").hexdigest())

    assert [line.item_ids[0].value for line in order.lines] == ["1001", "4099999001064"]
    assert [line.quantity for line in order.lines] == [Decimal(1), Decimal(3)]
    assert found is not None
    assert found.key == "webshop"
