"""Pages of punch-out: what a person in front of a browser sees between the shop and the buyer's system."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from orderwire.config.profile import PartnerProfile

_PAGES: Final = Environment(
    loader=PackageLoader("orderwire.web", "punchout_templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


#: The buyer's system has the shop in a frame or a window of its own, and must not lose hold of it.
_OPEN: Final = {"Cross-Origin-Opener-Policy": "unsafe-none", "Cross-Origin-Resource-Policy": "cross-origin"}


def onwards(url: str) -> RedirectResponse:
    """Send the browser on to the shop."""
    return RedirectResponse(url, 303, headers=_OPEN)


def page(
    name: str, partner: PartnerProfile | None, status: int = 200, charset: str = "utf-8", **values: Any
) -> HTMLResponse:
    """Fill a template. It may be framed by the partner's sites and by nobody else, and runs no script but its own."""
    nonce = secrets.token_urlsafe(16)
    text = _PAGES.get_template(f"{name}.html").render(nonce=nonce, partner=partner, charset=charset, **values)
    return HTMLResponse(text, status, headers=_headers(partner, nonce))


def _headers(partner: PartnerProfile | None, nonce: str) -> Mapping[str, str]:
    ancestors = partner.punchout.frame_ancestors if partner is not None and partner.punchout is not None else ()
    policy = (
        "default-src 'none'; base-uri 'none'; "
        f"style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        # A buyer's system may lead on to another of its hosts, which browsers hold against this directive as well.
        "form-action https: http:; "
        f"frame-ancestors {' '.join(ancestors) or chr(39) + 'none' + chr(39)}"
    )
    return {"Content-Security-Policy": policy, **_OPEN}
