"""The report of `edi check`."""

import json
from pathlib import Path

from ediwire import LINE, UNB, interchange, order
from orderwire.config.partners import Partners
from orderwire.connectors.edi.check import check_content

FINDING = ["code", "severity", "segment_no", "offset", "text"]


def test_check_has_the_documented_keys() -> None:
    """The report is JSON with the keys that scripts rely on."""
    report = json.loads(json.dumps(check_content(b"junk\n" + interchange(order()), "a.edi", None)))
    assert list(report) == ["file", "interchanges", "findings"]
    (only,) = report["interchanges"]
    assert list(only) == [
        "sender",
        "recipient",
        "control_ref",
        "syntax",
        "charset",
        "test",
        "messages",
        "findings",
    ]
    (message,) = only["messages"]
    assert list(message) == ["ref", "type", "version", "accepted", "findings", "order", "notice"]
    assert list(report["findings"][0])[:5] == FINDING
    assert (message["accepted"], message["order"]["order_no"], message["order"]["partner"]) == (True, "PO-1", "unknown")


def test_check_accepts_no_message_of_a_rejected_interchange() -> None:
    """What the pipeline would refuse is not called accepted, and no order is shown for it."""
    (only,) = check_content(interchange(order(), unz="UNZ+2+R1"), "a.edi", None)["interchanges"]
    assert only["findings"][0]["code"] == "unz_count"
    assert (only["messages"][0]["accepted"], only["messages"][0]["order"]) == (False, None)


def test_check_shows_a_failed_mapping_as_a_finding() -> None:
    """An order without meaning is refused with the place where it is."""
    content = interchange(order(LINE[0], "QTY+21:0"))
    (only,) = check_content(content, "a.edi", None)["interchanges"]
    (message,) = only["messages"]
    (finding,) = message["findings"]
    assert message["accepted"] is False
    assert [finding[key] for key in FINDING[:4]] == ["mapping", "reject", 6, content.index(b"QTY")]


def test_check_reads_profiles_and_can_do_without(tmp_path: Path) -> None:
    """A sender without profile is no finding; one with a profile is named in the order."""
    folder = tmp_path / "partners/baumarkt"
    folder.mkdir(parents=True)
    (folder / "partner.yaml").write_text(
        "name: B\ncustomer_no: C1\nedi: {identifiers: [{id: '4099998000020'}], ours: {id: '4099998000013'}}\n"
    )
    partners = Partners(tmp_path)
    for unb, key in ((UNB, "baumarkt"), (UNB.replace("4099998000020", "1"), "unknown")):
        (only,) = check_content(interchange(order(), unb=unb), "a.edi", partners)["interchanges"]
        assert only["messages"][0]["order"]["partner"] == key
        assert not only["findings"]
