"""Odd values in every field of every form of the console: a page or a refusal, never a defect of ours."""

from collections.abc import Iterator
from itertools import count
from typing import Any, Final

import pytest
import structlog
from argon2 import PasswordHasher

from fakes.browser import PASSWORD, Browser
from fakes.documents import a_line
from fakes.documents import an_order as a_purchase_order
from orderwire.errors import MappingError
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.work import Source
from orderwire.ports.access import Role
from orderwire.ports.orders import OrderState
from orderwire.store import passwords
from orderwire.store.parked import group_id
from records import NOON, a_document, an_order
from unit.web.test_console_access import TABLE

ODD: Final = (
    "", " ", "x", "0", "-1", "1e999", "nan", "9" * 30, "9" * 5000, "\u00b2", "\u202e", "\U0001f4a5" * 300, "../..",
    "a\r\nb", "{", "x" * 9000,
)  # fmt: skip
#: What each form has in it, as its page would send it; what is not there has no fields.
FORMS: Final[dict[str, dict[str, str]]] = {
    "/console/me/password": {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD},
    "/console/me/tokens": {"label": "shop", "scope": "look", "days": "90"},
    "/console/people": {"name": "zoe", "password": PASSWORD, "role": "viewer", "partner": "acme"},
    "/console/people/{name}": {"role": "viewer", "partner": "acme", "disabled": "no"},
    "/console/people/{name}/password": {"password": PASSWORD},
    "/console/orders/{order_id}/release": {"reason": "x"},
    "/console/orders/{order_id}/refuse": {"reason": "x"},
    "/console/searches": {"name": "mine", "query": "q=1"},
    "/console/searches/forget": {"name": "mine"},
    "/console/failures/{group_id}/note": {"assignee": "ann", "note": "x"},
    "/console/failures/{group_id}/codes": {"list": "units", "units.code": "A", "units.erp_unit": "PCS", "reason": "x"},
    "/console/failures/{group_id}/discard": {"id": "{parked_id}", "reason": "x"},
    "/console/parked/{parked_id}/replay": {"reason": "x"},
    "/console/parked/{parked_id}/discard": {"reason": "x"},
    "/console/parked/{parked_id}/edit": {"content": "x", "act": "replay", "reason": "x"},
    "/console/replays": {
        "run_id": "{order_id}", "id": "{parked_id}", "rate": "1", "ramp": "1", "stop_on": "1", "reason": "x",
    },
    "/console/partners/{key}/test": {"content": "x", "name": "order.json"},
    "/console/login": {"name": "ann", "password": "x", "next": "/console"},
}  # fmt: skip
#: Forms that are nothing but a button.
BUTTONS: Final = {"/logout", "/end", "/try", "/start", "/cancel"}
_numbers: Final = count()


@pytest.fixture
def browser(site: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """The browser of somebody who may everything; what is logged of a defect takes seconds to write."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    site.services.accounts.add("bob", PASSWORD, Role.VIEWER, [], who="test")
    with structlog.testing.capture_logs():
        yield Browser(site.services, site.app).become(Role.ADMIN)


def something(browser: Browser) -> dict[str, str]:
    """Put there what the forms are about, and return how it is called."""
    key = f"d{next(_numbers)}"
    order = a_purchase_order(a_line(), partner="acme", order_no=key).model_dump_json()
    with browser.services.store.begin() as tx:
        sha256 = tx.archive.put(b"UNB+UNOC:3+1+2'")
        tx.journal.add(a_document(id=key, correlation_id=key, partner="acme", sha256=sha256, received_at=NOON))
        park(tx, Source(key, key), Failure(MappingError("no unit", unit="X"), "fulfil"), NOON)
        [entry] = tx.failures.of_document([key])
        held = OrderState.HELD
        tx.orders.open(an_order(id=key, partner="acme", order_no=key, document_id=key, state=held, order=order))
    names = {"order_id": key, "parked_id": entry.id, "group_id": group_id(entry.fingerprint)}
    return {**names, "key": "acme", "name": "bob"}


def odd(fields: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the form as it is, without each field, with each odd value in each, and with everything many times."""
    yield fields
    for name in fields:
        yield {other: value for other, value in fields.items() if other != name}
        yield from ({**fields, name: value} for value in ODD)
    yield {name: [value] * 300 for name, value in fields.items()}


def test_every_form_is_here() -> None:
    """A form that nobody has thought about fails here."""
    posted = {path for method, path in TABLE if method == "POST"}

    assert {path for path in posted if not path.endswith(tuple(BUTTONS))} == set(FORMS)


@pytest.mark.parametrize("path", sorted(FORMS))
def test_odd_values_are_refused(browser: Browser, path: str) -> None:
    """Missing, empty, huge, no numbers, no text that anybody would type."""
    defects, names = [], something(browser)
    for fields in odd(FORMS[path]):
        filled = {name: names.get(str(value).strip("{}"), value) for name, value in fields.items()}
        answer = browser.post(path.format(**names), filled)
        if answer.status_code >= 500:
            defects.append({name: str(value)[:20] for name, value in fields.items()})
        if answer.status_code == 303:
            names = something(browser)

    assert not defects
