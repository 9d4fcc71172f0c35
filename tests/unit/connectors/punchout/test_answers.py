"""What a partner's system answers."""

import pytest

from cxmlwire import cxml
from orderwire.connectors.punchout.answers import judge
from orderwire.errors import DeliveryRefusedError, UnavailableError


def _response(code: str, text: str = "Text") -> bytes:
    return cxml(f'<Response><Status code="{code}" text="{text}">why</Status></Response>', "")


@pytest.mark.parametrize("code", ["200", "201", "204", "280", "299"])
def test_a_status_of_the_second_hundred_is_a_yes(code: str) -> None:
    """Known or not; what it says is kept."""
    assert judge(_response(code)) == f"{code} Text why"


@pytest.mark.parametrize("code", ["400", "409", "417", "499", "300", "", "what"])
def test_a_status_of_the_fourth_is_a_no(code: str) -> None:
    """The same document again would get the same answer, so a person looks at it."""
    with pytest.raises(DeliveryRefusedError) as refusal:
        judge(_response(code))

    assert "why" in str(refusal.value)


@pytest.mark.parametrize(
    "answer",
    [
        _response("500"),
        _response("560"),
        b"",
        b"OK",
        b"<html><body>Sign in</body></html>",
        cxml(),
        _response("500", "x" * 5000),
    ],
)
def test_later_and_no_cxml_at_all_are_tried_again(answer: bytes) -> None:
    """A Status 5xx, and whatever a machine between us and the partner answers in its place."""
    with pytest.raises(UnavailableError) as later:
        judge(answer)

    assert len(str(later.value)) < 400
