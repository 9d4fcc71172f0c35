"""NAV's addresses: `<url>/<company>/Page/<service>`. What a WSDL says in `soap:address` is never used."""

from typing import Literal
from urllib.parse import quote, urlsplit

from orderwire.config.nav import NavSettings
from orderwire.errors import ConfigurationError


def service_url(nav: NavSettings, kind: Literal["Page", "Codeunit"], service: str) -> str:
    """Return the address of a web service, with company and service percent-encoded.

    Raises:
        ConfigurationError: `nav.url` is no http(s) address, or holds a user or password.
    """
    parts = urlsplit(nav.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError("nav.url: must be http(s)://host:port/instance/WS")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("nav.url: user and password belong into nav.username and nav.password")
    # A blank company is NAV's default company; `?tenant=…` stays behind the path.
    path = "/".join(quote(part, safe="") for part in (nav.company, kind, service) if part)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/{path}{query}"
