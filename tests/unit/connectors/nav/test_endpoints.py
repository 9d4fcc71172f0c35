"""NAV's addresses."""

import pytest

from navwire import NAV
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.endpoints import service_url
from orderwire.errors import ConfigurationError


@pytest.mark.parametrize(
    ("company", "path"),
    [
        ("CRONUS International Ltd.", "CRONUS%20International%20Ltd."),
        ("CRONUS USA, Inc.", "CRONUS%20USA%2C%20Inc."),
        ("Müller & Söhne", "M%C3%BCller%20%26%20S%C3%B6hne"),
        ("A/B?C#D", "A%2FB%3FC%23D"),
    ],
)
def test_page_url_encodes_the_company(company: str, path: str) -> None:
    """A company's name is one path segment, whatever it holds."""
    nav = NAV.model_copy(update={"company": company})
    assert service_url(nav, "Page", "Item") == f"http://nav.invalid:7047/DynamicsNAV/WS/{path}/Page/Item"


def test_page_url_keeps_the_tenant() -> None:
    """A query behind /WS stays a query; a blank company is NAV's default company."""
    nav = NAV.model_copy(update={"url": "https://nav.invalid/NAV/WS/?tenant=north", "company": ""})
    assert service_url(nav, "Page", "Item") == "https://nav.invalid/NAV/WS/Page/Item?tenant=north"


@pytest.mark.parametrize("url", ["ftp://nav.invalid/WS", "nav.invalid/WS", "http:///WS", ""])
def test_page_url_refuses_other_addresses(url: str) -> None:
    """Only http and https addresses with a host are NAV's."""
    with pytest.raises(ConfigurationError, match=r"nav\.url"):
        service_url(NAV.model_copy(update={"url": url}), "Page", "Item")


def test_page_url_refuses_credentials_without_showing_them() -> None:
    """A password in the address would stand in every log of it."""
    nav = NavSettings(url="http://orderwire:s3cret@nav.invalid/WS")
    with pytest.raises(ConfigurationError) as caught:
        service_url(nav, "Page", "Item")
    assert "s3cret" not in str(caught.value)
