"""Security headers stand on every response."""

import pytest

from orderwire.web.headers import SECURITY
from unit.web.conftest import Site


@pytest.mark.parametrize("path", ["/", "/nowhere", "/health/live", "/api/v1/orders", "/api/docs", "/api/openapi.json"])
def test_every_response_is_secured(site: Site, path: str) -> None:
    """Pages, documents and refusals; nothing is open to other origins, and no server names itself."""
    reply = site.call("GET", path, headers={"Origin": "https://elsewhere.example"})

    assert set(SECURITY) <= {name.title() for name in reply.headers} | set(reply.headers)
    assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
    assert not [name for name in reply.headers if name.startswith("access-control") or name == "server"]
