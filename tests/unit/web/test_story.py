"""Documents as the console shows them."""

import pytest

from cxmlwire import BUYER, SECRET, credential, cxml, header, order_request, shared
from orderwire.web.console.story import shown


@pytest.mark.parametrize(
    "around", [b"", b"Content-Type: text/xml; charset=ISO-8859-1\r\n\r\n", b"broken"], ids=["xml", "mime", "text"]
)
def test_secrets_are_struck_out(around: bytes) -> None:
    """In XML set in lines, and in whatever else holds them."""
    content = around + cxml(order_request(), header(sender=credential("NetworkID", BUYER, shared())))

    said = shown(content)

    assert SECRET not in str(said)
    assert "***" in said["text"]
    assert "PO-1" in said["text"]
    assert said["size"] == len(content)
