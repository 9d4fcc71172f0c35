"""The API's own description is complete, and its page needs nobody else."""

import re
from collections.abc import Iterator
from typing import Any

from unit.web.conftest import Site


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_document_describes_every_route(site: Site) -> None:
    """Each operation says what it takes, what it gives, how it refuses and who may call it."""
    document = site.call("GET", "/api/openapi.json", partner=None).json()

    assert document["info"]["title"] == "Orderwire"
    operations = {f"{method} {path}" for path, methods in document["paths"].items() for method in methods}
    assert operations == {
        "post /api/v1/orders",
        "get /api/v1/orders",
        "get /api/v1/orders/{order_id}",
        "post /api/v1/order-changes",
        "get /api/v1/order-changes/{document_id}",
        "get /api/v1/stock",
        "post /as2",
        "post /cxml",
        "post /edi/{partner}",
        "get /health/live",
        "get /health/ready",
        "get /metrics",
        "get /punchout/sessions/{session_id}",
        "post /punchout/sessions/{session_id}/cart",
        "post /punchout/sessions/{session_id}/cancel",
    }
    schemas = document["components"]["schemas"]
    assert {"ApiOrder", "ApiOrderLine", "OrderAnswer", "LineAnswer", "StockAnswer", "ProblemDetail"} <= set(schemas)
    missing = {ref for ref in references(document) if ref.removeprefix("#/components/schemas/") not in schemas}
    assert not missing
    post = document["paths"]["/api/v1/orders"]["post"]
    assert list(references(post["requestBody"])) == ["#/components/schemas/ApiOrder"]
    assert set(post["responses"]) == {"200", "201", "202", "default"}
    assert post["security"]


def test_the_page_loads_nothing(site: Site) -> None:
    """No script, no address of anybody else's; every link on it leads somewhere."""
    page = site.call("GET", "/api/docs", partner=None)

    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page.text
    assert "http" not in re.sub(r"HTTPValidation|https?://json-schema", "", page.text).lower().replace("&#x27;", "")
    anchors = set(re.findall(r'href="#([^"]+)"', page.text))
    assert anchors
    assert anchors <= set(re.findall(r'id="([^"]+)"', page.text))


def test_the_root_leads_to_the_page(site: Site) -> None:
    """For people who try the address."""
    reply = site.call("GET", "/", partner=None)

    assert (reply.status_code, reply.headers["Location"]) == (307, "/api/docs")
