"""Origins: what an address is to a browser."""

import pytest
from pydantic import ValidationError

from orderwire.config.punchout import PunchoutProfile, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://buyer.example.com/cart?x=1#y", "https://buyer.example.com"),
        ("https://BUYER.example.com:443/", "https://buyer.example.com"),
        ("https://buyer.example.com:8443/cart", "https://buyer.example.com:8443"),
        ("http://[::1]:8091/cart", "http://[::1]:8091"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    """The default port is left out, and upper and lower case are one."""
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//buyer.example.com/cart",
        "/cart",
        "",
        "https:///cart",
        "https://buyer.example.com@evil.example/",
        "https://buyer.example.com\\@evil.example/",
        "https://buyer.example.com:99999/",
        "https://buyer.example.com:x/",
        "https://[buyer/",
        "https://buyer.example.com/\r\nX: y",
        " https://buyer.example.com",
        "https://büyer.example.com/",
    ],
)
def test_what_two_readers_might_take_for_two_places_is_none(url: str) -> None:
    """Nothing is sent there."""
    assert origin_of(url) is None


def test_a_profile_holds_origins() -> None:
    """An address with a path is a mistake, and so is http to another machine."""
    profile = PunchoutProfile.model_validate({"return_origins": ["https://Buyer.example.com:443/"]})

    assert profile.return_origins == ("https://buyer.example.com",)
    for wrong in (
        "https://buyer.example.com/cart",
        "http://buyer.example.com",
        "https://a\\b",
        "https://b.example?q=1",
    ):
        with pytest.raises(ValidationError):
            PunchoutProfile.model_validate({"return_origins": [wrong]})
    with pytest.raises(ValidationError):
        PunchoutProfile.model_validate({"return_origins": []})
