"""CONTRL and APERAK: how ours were taken."""

import pytest

from ediwire import OURS, SENDER, decode_one, interchange, message
from orderwire.canonical.acknowledgement import Acknowledgement, Fault, Verdict
from orderwire.canonical.envelope import EventType
from orderwire.ports.intake import DecodedMessage

UCI = f"UCI+77+{OURS}:14+{SENDER}:14"
UCM = "UCM+1+ORDRSP:D:96A:UN"


def decoded(*segments: str, kind: str = "CONTRL:D:3:UN") -> DecodedMessage:
    made = decode_one(interchange(message(*segments, kind=kind)))
    assert made.accepted, made.findings
    return made


def taken(*segments: str, kind: str = "CONTRL:D:3:UN") -> Acknowledgement:
    made = decoded(*segments, kind=kind)
    assert made.notice is not None, made.error
    assert made.notice.type is EventType.ACKNOWLEDGEMENT_RECEIVED
    assert isinstance(made.notice.body, Acknowledgement)
    return made.notice.body


@pytest.mark.parametrize(
    ("action", "verdict"), [("4", Verdict.REJECTED), ("7", Verdict.ACCEPTED), ("8", Verdict.RECEIVED)]
)
def test_contrl_says_how_an_interchange_was_taken(action: str, verdict: Verdict) -> None:
    """UCI copies our control reference and the two parties as they stood; 0083 is the verdict."""
    made = taken(f"{UCI}+{action}")
    assert (made.control_ref, made.sender, made.recipient) == ("77", f"{OURS}:14", f"{SENDER}:14")
    assert (made.verdict, made.faults, made.messages) == (verdict, (), ())


def test_contrl_rejects_an_interchange_for_a_reason() -> None:
    """0085, the service segment and the element in it."""
    assert taken(f"{UCI}+4+23+UNB+2:1").faults == (Fault(code="23", tag="UNB", element_no=2, component_no=1),)


def test_contrl_rejects_one_message() -> None:
    """UCM names it; UCS and UCD say where it hurts."""
    made = taken(f"{UCI}+7", f"{UCM}+4", "UCS+3+13", "UCS+5", "UCD+12+1:2", "UCM+2+DESADV:D:96A:UN+4+29+UNT")
    assert made.verdict is Verdict.ACCEPTED
    first, second = made.messages
    assert (first.ref, first.kind, first.verdict) == ("1", "ORDRSP", Verdict.REJECTED)
    assert first.faults == (
        Fault(code="13", segment_no=3),
        Fault(code="12", segment_no=5, element_no=1, component_no=2),
    )
    assert second.faults == (Fault(code="29", tag="UNT"),)


def test_contrl_speaks_of_groups() -> None:
    """UCF is the verdict on a functional group."""
    made = taken(f"{UCI}+7", f"UCF+G1+{OURS}:14+{SENDER}:14+4+29+UNE")
    assert [(each.ref, each.kind, each.verdict) for each in made.messages] == [("G1", "UNG", Verdict.REJECTED)]


@pytest.mark.parametrize(
    "segments",
    [(), (f"{UCI}+99",), (f"UCI++{OURS}:14+{SENDER}:14+7",), (f"{UCI}+7", "UCS+3+13")],
)
def test_contrl_that_says_nothing_has_an_error(segments: tuple[str, ...]) -> None:
    """Without an interchange, a known verdict or a message for its errors there is nothing to tell."""
    made = decode_one(interchange(message(*segments, kind="CONTRL:D:3:UN")))
    assert made.notice is None
    assert made.error is not None or not made.accepted


def test_aperak_rejects_a_document() -> None:
    """References to it, then each error with its words and what it is about."""
    made = taken(
        "BGM+313+E-1+27",
        "DTM+137:20260302:102",
        "RFF+ACW:77",
        "RFF+ON:PO-1",
        "ERC+12::92",
        "FTX+AAO+++price:differs",
        "RFF+LI:3",
        "ERC+13",
        kind="APERAK:D:01B:UN",
    )
    assert (made.verdict, made.acknowledgement_no) == (Verdict.REJECTED, "E-1")
    assert made.references == {"ACW": "77", "ON": "PO-1"}
    assert made.faults == (Fault(code="12", text="price differs", reference="LI:3"), Fault(code="13"))


@pytest.mark.parametrize(
    ("segments", "verdict"),
    [
        (("BGM+312+E-1",), Verdict.ACCEPTED),
        (("BGM++E-1+29",), Verdict.ACCEPTED),
        (("BGM++E-1",), Verdict.ACCEPTED),
        (("BGM++E-1", "ERC+12"), Verdict.REJECTED),
    ],
)
def test_aperak_without_a_function_tells_by_what_is_in_it(segments: tuple[str, ...], verdict: Verdict) -> None:
    """Document code, else whether errors are named."""
    assert taken(*segments, kind="APERAK:D:01B:UN").verdict is verdict
