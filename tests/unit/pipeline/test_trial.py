"""A look before a replay: what would be made of it now, without side effects."""

from dataclasses import replace

import pytest

from fakes.desk import BROKEN, ORDER, Desk, leave_parked, outbound
from fakes.documents import (
    a_line,
    a_message,
    an_interchange,
    an_order,
)
from orderwire.canonical.document import DocumentReceived
from orderwire.errors import MappingError
from orderwire.ports.intake import DecodeHint, Finding, Severity


def test_dry_run_changes_nothing(desk: Desk) -> None:
    """Looking shows what today's map makes of the bytes, and leaves everything as it is."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN), a_message(ORDER, message_no=2)))
    desk.decode(desk.receive(b"f"))
    odd = Finding("odd", Severity.WARN, "odd, but understood")
    desk.decoder.put(b"f", an_interchange(a_message(ORDER, findings=(odd,)), a_message(ORDER, message_no=2)))
    before = (desk.rows(), desk.parked())

    shown = desk.trials.of_parked(desk.entry.id)

    assert shown["was"] == {"code": "mapping", "reason": "no such date"}
    [message] = shown["messages"]
    assert (message["message_no"], message["accepted"], message["error"], message["partner"]) == (
        1,
        True,
        None,
        "baumarkt",
    )
    assert message["findings"] == ["odd, but understood"]
    assert message["order"]["order_no"] == "PO-1"
    assert (desk.rows(), desk.parked(), desk.announced) == (*before, [])
    assert desk.decoder.hints[-1] == DecodeHint(partner="baumarkt", name="file.edi")


def test_dry_run_of_what_still_fails(desk: Desk) -> None:
    """What would fail again is shown with its error."""
    desk.decoder.put(b"f", an_interchange(a_message(None, error=BROKEN)))
    desk.decode(desk.receive(b"f"))

    [message] = desk.trials.of_parked(desk.entry.id)["messages"]

    assert (message["error"], message["order"]) == ("no such date (segment=DTM)", None)


def test_dry_run_by_the_code_list(desk: Desk) -> None:
    """A unit that no code list knows is told before NAV is asked; a line in the list, and it passes."""
    desk.world.profile(units={})
    desk.decoder.put(b"f", an_interchange(a_message(an_order(a_line(unit="PCE")))))
    [event] = desk.decode(desk.receive(b"f"))
    leave_parked(desk.world, event.documentid, "fulfil")

    before = desk.trials.of_parked(desk.entry.id)
    desk.world.profile(units={"PCE": "PCS"})
    after = desk.trials.of_parked(desk.entry.id)

    assert before["result"] == "fails"
    assert "unit=PCE" in before["messages"][0]["error"]
    assert after["result"] == "passes"


def test_dry_run_of_an_answer(desk: Desk) -> None:
    """An outbound document would go out as it is."""
    leave_parked(desk.world, outbound(desk.world), "deliver")

    assert desk.trials.of_parked(desk.entry.id)["resend"] == "ORDRSP_1.edi"


def test_dry_run_of_a_channel_without_decoder(desk: Desk) -> None:
    """A connector that was taken out is named."""
    event = desk.receive(b"f")
    leave_parked(desk.world, event.documentid, "decode")
    trials = replace(desk.trials, decoders={})

    with pytest.raises(MappingError):
        trials.of_parked(desk.entry.id)


def test_dry_run_of_a_message_whose_file_is_gone(desk: Desk) -> None:
    """A row without its parent is decoded by what it knows itself."""
    event = desk.receive(b"f")
    sha256 = DocumentReceived.model_validate(event.data).sha256
    desk.world.journal("m1", sha256=sha256, parent_id="gone", message_no=1)
    leave_parked(desk.world, "m1", "decode")
    desk.decoder.put(b"f", an_interchange(a_message(ORDER)))

    assert len(desk.trials.of_parked(desk.entry.id)["messages"]) == 1
