"""The connector's samples: inputs beside their orders, and broken inputs named by the code they must raise."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from canonicals import said
from orderwire.canonical.envelope import BODIES, EventType
from orderwire.canonical.order import Channel
from orderwire.config.partners import Partners
from orderwire.config.settings import Settings
from orderwire.connectors import edi
from orderwire.connectors.edi.check import check_content
from orderwire.connectors.edi.connector import connect
from orderwire.ports.intake import DecodeHint

SAMPLES = Path(edi.__file__).parent / "samples"
NOW: Final = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
CONFIG = Path(__file__).parents[4] / "config"


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.edi")), ids=lambda path: path.stem)
def test_a_sample_makes_its_orders(sample: Path) -> None:
    """Every sample decodes, under the demo partners, to the orders and notices that stand beside it."""
    decoder = connect(Settings()).decoders[Channel.EDI]
    decoded = decoder.decode(sample.read_bytes(), DecodeHint(name=sample.name), Partners(CONFIG))
    messages = [each for one in decoded.interchanges for each in one.messages if each.order or each.notice]
    assert [said(each) for each in messages] == json.loads(sample.with_suffix(".json").read_text())


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("written/*.json")), ids=lambda path: path.stem)
def test_a_body_is_written_as_its_sample(sample: Path) -> None:
    """What stands in `written` is what the demo partner gets for the event's body beside it, byte for byte."""
    event = json.loads(sample.read_text())
    body = BODIES[EventType(event["type"])].model_validate(event["body"])
    key = sample.stem.partition("-")[0]
    encoder = connect(Settings()).encoders[Channel.EDI]
    document = encoder.encode(body, Partners(CONFIG).get(key), 77, NOW)
    assert document is not None
    assert document.content.replace(b"'", b"'\n") == sample.with_suffix(".edi").read_bytes()


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("broken/*.edi")), ids=lambda path: path.stem)
def test_a_broken_sample_is_refused_for_its_reason(sample: Path) -> None:
    """Every broken sample has a rejection of the code in its name, and nothing of it is accepted."""
    report = check_content(sample.read_bytes(), sample.name, Partners(CONFIG))
    messages = [message for one in report["interchanges"] for message in one["messages"]]
    holders = [report, *report["interchanges"], *messages]
    rejections = {each["code"] for one in holders for each in one["findings"] if each["severity"] == "reject"}
    assert sample.stem.partition("__")[0] in rejections
    assert not any(message["accepted"] for message in messages)
