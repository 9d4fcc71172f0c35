"""The connector's samples: inputs beside their orders, and broken inputs named by the code they must raise."""

import json
from pathlib import Path

import pytest

from orderwire.canonical.order import Channel
from orderwire.config.partners import Partners
from orderwire.config.settings import Settings
from orderwire.connectors import edi
from orderwire.connectors.edi.check import check_content
from orderwire.connectors.edi.connector import connect
from orderwire.ports.intake import DecodeHint

SAMPLES = Path(edi.__file__).parent / "samples"
CONFIG = Path(__file__).parents[4] / "config"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.edi")), ids=lambda path: path.stem)
def test_a_sample_makes_its_orders(sample: Path) -> None:
    """Every sample decodes, under the demo partners, to the orders that stand beside it."""
    decoder = connect(Settings()).decoders[Channel.EDI]
    decoded = decoder.decode(sample.read_bytes(), DecodeHint(name=sample.name), Partners(CONFIG))
    orders = [each.order for one in decoded.interchanges for each in one.messages if each.order]
    assert [order.model_dump(mode="json") for order in orders] == json.loads(sample.with_suffix(".json").read_text())


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("broken/*.edi")), ids=lambda path: path.stem)
def test_a_broken_sample_is_refused_for_its_reason(sample: Path) -> None:
    """Every broken sample has a rejection of the code in its name, and nothing of it is accepted."""
    report = check_content(sample.read_bytes(), sample.name, Partners(CONFIG))
    messages = [message for one in report["interchanges"] for message in one["messages"]]
    holders = [report, *report["interchanges"], *messages]
    rejections = {each["code"] for one in holders for each in one["findings"] if each["severity"] == "reject"}
    assert sample.stem.partition("__")[0] in rejections
    assert not any(message["accepted"] for message in messages)
