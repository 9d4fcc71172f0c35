"""Every refusal is a problem document with a stable code."""

import json
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from orderwire.errors import OrderwireError, OutageError, TransientError
from orderwire.web import problems
from unit.web.conftest import Site


def tree(root: type[OrderwireError]) -> Iterator[type[OrderwireError]]:
    yield root
    for kind in root.__subclasses__():
        yield from tree(kind)


@pytest.mark.parametrize("kind", list(tree(OrderwireError)))
def test_every_error_has_its_document(kind: type[OrderwireError]) -> None:
    """The code is the error's; what can be tried again says when; our side's particulars stay here."""
    error = kind("sentence", host="nav.internal")

    problem = problems.of_error(error, retry_after_seconds=4.2)

    response = problem.response()
    document = json.loads(bytes(response.body))
    assert response.media_type == "application/problem+json"
    assert (document["status"], document["code"], document["type"]) == (response.status_code, kind.code, "about:blank")
    assert "nav.internal" not in bytes(response.body).decode()
    again = issubclass(kind, TransientError | OutageError)
    assert (response.status_code == 503, response.headers.get("Retry-After")) == (again, "5" if again else None)
    assert (document["detail"] == "sentence") == problems.told(kind.code)


def test_a_list_of_defects_is_bounded() -> None:
    """Neither their number nor a name in them is the caller's to choose."""
    defects = [{"loc": ("x" * 10_000, number), "type": "missing", "msg": "y" * 10_000} for number in range(10_000)]

    response = problems.invalid(defects).response()

    assert len(bytes(response.body)) < 100 * 700


def test_half_a_character_is_no_obstacle() -> None:
    """What the caller sent may hold what no encoding takes."""
    response = problems.Problem(422, "invalid", "\ud800", errors=[{"path": "\udfff"}]).response()

    assert json.loads(bytes(response.body))["detail"] == "\ud800"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/api/v1/orders/", 404, "not_found"),
        ("GET", "/docs", 404, "not_found"),
        ("PUT", "/api/v1/orders", 405, "method_not_allowed"),
        ("OPTIONS", "/api/v1/orders", 405, "method_not_allowed"),
        ("TRACE", "/", 405, "method_not_allowed"),
    ],
)
def test_what_does_not_exist_is_a_problem_too(site: Site, method: str, path: str, status: int, code: str) -> None:
    """No page of the framework's own."""
    reply = site.call(method, path)

    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers["Content-Type"] == problems.MEDIA_TYPE


def test_a_defect_of_ours_is_answered_without_particulars(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 with the code `internal`; the trace is for the log only."""

    def broken() -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(site.erp, "ping", broken)

    with capture_logs() as entries:
        reply = site.call("GET", "/api/v1/stock?item=1")

    assert [entry["event"] for entry in entries if entry["log_level"] == "error"] == ["call_failed"]
    assert (reply.status_code, reply.json()["code"]) == (500, "internal")
    assert "secret" not in reply.text
    assert "Traceback" not in reply.text
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
