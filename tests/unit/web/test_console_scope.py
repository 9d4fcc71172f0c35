"""What somebody of some partners sees and does: nothing of anybody else's, by no address and no form."""

import re
from typing import Any

import pytest

from fakes.browser import PASSWORD, Browser
from fakes.documents import a_line
from fakes.documents import an_order as a_purchase_order
from orderwire.errors import MappingError
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.trial import Trials
from orderwire.pipeline.work import Source
from orderwire.ports.access import Role
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.orders import OrderState
from orderwire.store.parked import group_id
from records import NOON, a_document, an_order


@pytest.fixture
def browser(site: Any) -> Browser:
    """Ann's browser, who is an admin for acme; a document of acme and one of its rival are parked."""
    for partner in ("acme", "rival"):
        put(site, partner)
    return Browser(site.services, site.app).become(Role.ADMIN, "acme", name="ann")


def put(site: Any, partner: str) -> None:
    with site.services.store.begin() as tx:
        sha256 = tx.archive.put(f"raw bytes of {partner}".encode())
        document: Document = a_document(
            id=f"d-{partner}", correlation_id=f"d-{partner}", partner=partner, sha256=sha256, order_no=f"PO-{partner}",
            state=DocumentState.WAITING, received_at=NOON,
        )  # fmt: skip
        tx.journal.add(document)
        park(tx, Source(document.id, document.id), Failure(MappingError("no unit", unit="X"), "fulfil"), NOON)


def parked_id(browser: Browser, partner: str) -> str:
    with browser.services.store.read() as tx:
        return next(entry.id for entry in tx.parked.find() if entry.partner == partner)


def test_lists_show_ones_own_partners(browser: Browser) -> None:
    """On every page that lists something."""
    for path in ("", "/now", "/messages", "/messages?q=PO-rival", "/orders", "/failures", "/partners", "/replays"):
        page = browser.get(f"/console{path}")
        assert page.status_code == 200, path
        assert "rival" not in page.text.replace("PO-rival", ""), path


@pytest.mark.parametrize(
    "path",
    ["documents/d-rival", "documents/d-rival/raw", "partners/rival", "messages?partner=rival", "orders?partner=rival"],
)
def test_an_address_of_another_is_nothing(browser: Browser, path: str) -> None:
    """Not even that it exists is told."""
    assert browser.get(f"/console/{path}").status_code == 404


def test_a_cause_of_another_is_nothing(browser: Browser) -> None:
    """Neither seen nor noted."""
    with browser.services.store.read() as tx:
        cause = group_id(next(entry.fingerprint for entry in tx.parked.find() if entry.partner == "rival"))

    assert browser.get(f"/console/failures/{cause}").status_code == 404
    assert browser.post(f"/console/failures/{cause}/note", {"note": "x"}).status_code == 404
    assert browser.post("/console/replays", {"group_id": cause, "reason": "x"}).status_code == 422


@pytest.mark.parametrize("act", ["replay", "discard", "edit"])
def test_nothing_of_another_is_done(browser: Browser, act: str) -> None:
    """Whatever the form says."""
    fields = {"reason": "x", "content": "x", "act": "replay"}

    answer = browser.post(f"/console/parked/{parked_id(browser, 'rival')}/{act}", fields)

    assert answer.status_code == 404
    with browser.services.store.read() as tx:
        assert len(tx.parked.find()) == 2


def test_chosen_messages_of_another_are_left_out(browser: Browser) -> None:
    """A list with somebody else's message in it freezes one's own."""
    ids = [parked_id(browser, partner) for partner in ("acme", "rival")]

    answer = browser.post("/console/replays", {"id": ids, "reason": "x"})

    with browser.services.store.read() as tx:
        [run] = tx.runs.all()
    assert (answer.status_code, run.total) == (303, 1)


def test_the_audit_is_of_all_partners(browser: Browser) -> None:
    """So it is not for who sees some of them."""
    assert browser.get("/console/audit").status_code == 403


def test_a_run_over_everything_is_not_shown(browser: Browser, site: Any) -> None:
    """To who sees some partners only."""
    admin = Browser(site.services, site.app).become(Role.OPERATOR)
    admin.post("/console/replays", {"flow": "fulfil", "reason": "everything"})
    with browser.services.store.read() as tx:
        [run] = tx.runs.all()

    assert browser.get(f"/console/replays/{run.id}").status_code == 404
    assert admin.get(f"/console/replays/{run.id}").status_code == 200


def test_a_form_sent_twice_is_one_run(site: Any, browser: Browser) -> None:
    """By the id that its page gave it."""
    admin = Browser(site.services, site.app).become(Role.OPERATOR)
    fields = {"flow": "fulfil", "reason": "again", "run_id": "one"}

    answers = [admin.post("/console/replays", fields).headers["location"] for _ in range(2)]

    with browser.services.store.read() as tx:
        assert len(tx.runs.all()) == 1
    assert answers == ["/console/replays/one"] * 2


@pytest.mark.parametrize("run_id", ["../people", "one/part", "?", "a b", "x" * 37])
def test_a_run_has_an_address(browser: Browser, run_id: str) -> None:
    """What would be none is no id."""
    answer = browser.post("/console/replays", {"flow": "fulfil", "reason": "x", "run_id": run_id})

    assert (answer.status_code, "no run has such an id" in answer.text) == (422, True)


def test_each_form_of_a_cause_is_a_run_of_its_own(browser: Browser) -> None:
    """All are frozen, then by the page before some of them otherwise: neither opens the other's run."""
    with browser.services.store.read() as tx:
        [cause] = {group_id(entry.fingerprint) for entry in tx.parked.find() if entry.partner == "acme"}
    ids = re.findall(r'name="run_id" value="([^"]+)"', browser.get(f"/console/failures/{cause}").text)
    everything = {"group_id": cause, "reason": "mended", "run_id": ids[0]}
    some = {"id": parked_id(browser, "acme"), "reason": "only this one", "rate": "1", "run_id": ids[1]}

    answers = [browser.post("/console/replays", fields) for fields in (everything, everything, some)]
    other = browser.post("/console/replays", {**some, "run_id": ids[0]})

    assert [answer.headers["location"].rpartition("/")[2] for answer in answers] == [ids[0], ids[0], ids[1]]
    assert (other.status_code, "another list" in other.text) == (409, True)


@pytest.mark.parametrize(
    "pace",
    [{"stop_on": "9" * 30}, {"stop_on": "9" * 5000}, {"rate": "1e-12"}, {"rate": "nan"}, {"rate": "inf"},
     {"rate": "1e999"}, {"ramp": "9" * 30}, {"ramp": "1 " * 200}, {"stop_on": "x"}, {"stop_on": "-1"}],
)  # fmt: skip
def test_a_pace_has_bounds(browser: Browser, pace: dict[str, str]) -> None:
    """A form with another one is refused, and freezes nothing."""
    answer = browser.post("/console/replays", {"flow": "fulfil", "reason": "x", **pace})

    with browser.services.store.read() as tx:
        assert not tx.runs.all()
    assert answer.status_code == 422


@pytest.mark.parametrize("hostile", ["../../../etc/passwd", "units.csv", "..", "UNITS", "items\x00"])
def test_a_code_list_is_one_of_a_few(browser: Browser, hostile: str) -> None:
    """No name in a form becomes a path."""
    with browser.services.store.read() as tx:
        cause = group_id(next(entry.fingerprint for entry in tx.parked.find() if entry.partner == "acme"))

    answer = browser.post(f"/console/failures/{cause}/codes", {"list": hostile, "reason": "x"})

    assert answer.status_code == 422


def test_a_code_is_added(browser: Browser) -> None:
    """To the partner's own list, which is read again at once; a second meaning is refused and changes nothing."""
    with browser.services.store.read() as tx:
        cause = group_id(next(entry.fingerprint for entry in tx.parked.find() if entry.partner == "acme"))
    fields = {"list": "units", "units.code": "X", "units.erp_unit": "PCS", "reason": "agreed"}

    added = browser.post(f"/console/failures/{cause}/codes", fields)
    other = browser.post(f"/console/failures/{cause}/codes", {**fields, "units.erp_unit": "BOX"})
    broken = browser.post(f"/console/failures/{cause}/codes", {**fields, "units.code": "Y\nZ,PCS"})

    assert (added.status_code, other.status_code, broken.status_code) == (303, 422, 422)
    assert browser.services.partners.get("acme").units == {"X": "PCS"}


def test_a_story_tells_nothing_of_another(browser: Browser, site: Any) -> None:
    """Though one file brought messages of both."""
    with site.services.store.begin() as tx:
        tx.journal.add(a_document(id="file", kind="file", correlation_id="file", partner="acme"))
    for partner in ("acme", "rival"):
        with site.services.store.begin() as tx:
            tx.journal.add(a_document(id=f"m-{partner}", correlation_id="file", partner=partner, parent_id="file"))
            tx.journal.step(Step(f"m-{partner}", NOON, "parked", None, {"order_no": f"secret-{partner}"}))

    page = browser.get("/console/documents/file")
    whole = Browser(site.services, site.app).become(Role.VIEWER).get("/console/documents/file")

    assert "secret-acme" in page.text
    assert "secret-rival" not in page.text
    assert "secret-rival" in whole.text


def test_who_else_there_is_is_for_who_sees_all(browser: Browser) -> None:
    """Neither a partner's admin nor a note's list of people names those of other partners."""
    add = browser.services.accounts.add
    for name, partner in (("anton", "acme"), ("rita", "rival")):
        add(name, PASSWORD, Role.OPERATOR, [partner], who="test")
    with browser.services.store.read() as tx:
        cause = group_id(next(entry.fingerprint for entry in tx.parked.find() if entry.partner == "acme"))

    page = browser.get(f"/console/failures/{cause}")

    assert browser.get("/console/people").status_code == 403
    assert "anton" in page.text
    assert "rita" not in page.text


def test_nothing_is_sent_in_anothers_name(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy or a test that names another partner as its sender is neither tried nor replayed."""
    told: dict[str, Any] = {"partner": "rival", "error": None, "order": None, "accepted": True, "findings": []}
    for name in ("of_parked", "of_content"):
        monkeypatch.setattr(Trials, name, lambda *_: {"messages": [told]})
    address, fields = f"/console/parked/{parked_id(browser, 'acme')}/edit", {"reason": "x", "content": "as rival"}

    answers = [browser.post(address, {**fields, "act": act}) for act in ("preview", "replay")]
    answers.append(browser.post("/console/partners/acme/test", {"content": "as rival"}))

    assert [answer.status_code for answer in answers] == [403] * 3
    with browser.services.store.read() as tx:
        assert len(tx.parked.find()) == 2


def test_no_code_is_a_formula(browser: Browser) -> None:
    """The code comes from a document, and the list is opened in a spreadsheet."""
    with browser.services.store.read() as tx:
        cause = group_id(next(entry.fingerprint for entry in tx.parked.find() if entry.partner == "acme"))

    for value in ("=1+2", "+1-cmd|' /C calc'!A0", "@SUM(A1)", '-HYPERLINK("http://x")'):
        fields = {"list": "units", "units.code": value, "units.erp_unit": "PCS"}
        answer = browser.post(f"/console/failures/{cause}/codes", fields)
        assert (answer.status_code, "formula" in answer.text) == (422, True), value


def test_a_secret_in_a_document_is_handed_out_to_nobody(browser: Browser, site: Any) -> None:
    """Whoever has it can order in the buyer's name."""
    with site.services.store.begin() as tx:
        sha256 = tx.archive.put(b"<cXML><SharedSecret>open sesame</SharedSecret></cXML>")
        tx.journal.add(a_document(id="cxml", correlation_id="cxml", partner="acme", sha256=sha256))

    assert browser.get("/console/documents/cxml/raw").content == b"<cXML><SharedSecret>***</SharedSecret></cXML>"


def test_raw_bytes_are_a_download(browser: Browser) -> None:
    """Whatever they look like, no browser shows them as a page of ours."""
    answer = browser.get("/console/documents/d-acme/raw")

    assert answer.content == b"raw bytes of acme"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("path", ["../../x", "%2e%2e/x", "d-acme/..%2f..%2fpeople", "%00", "a" * 3000])
def test_paths_lead_nowhere(browser: Browser, path: str) -> None:
    """Every odd path is refused or not found."""
    assert browser.get(f"/console/documents/{path}").status_code in {303, 400, 404}


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=9999-99-99~x", "since=yesterday", "state=asleep", "until=0001-01-01", "until=9999-12-31"],
)
def test_odd_questions_are_answered(browser: Browser, query: str) -> None:
    """With a page that says what is wrong, or with nothing found."""
    assert browser.get(f"/console/messages?{query}").status_code in {200, 422}


@pytest.mark.parametrize("query", ["&".join(f"a{n}={n}" for n in range(30)), "q=" + "x" * 5000, "%ff=%ff&q=%00", "=&;"])
def test_odd_searches_are_kept_or_refused(browser: Browser, query: str) -> None:
    """A link with too much in it is no defect of ours."""
    assert browser.post("/console/searches", {"name": "mine", "query": query}).status_code in {303, 422}


@pytest.mark.parametrize(("act", "state"), [("release", OrderState.NEW), ("refuse", OrderState.ANSWERED)])
def test_a_held_order_is_decided(browser: Browser, act: str, state: OrderState) -> None:
    """By who may see it, once, with a reason; the story offers it as long as it is held."""
    hold(browser, "acme")
    hold(browser, "rival")
    offered = browser.get("/console/documents/d-acme").text

    others = browser.post(f"/console/orders/order-rival/{act}", {"reason": "x"})
    answer = browser.post(f"/console/orders/order-acme/{act}", {"reason": "the credit line was raised"})
    again = browser.post(f"/console/orders/order-acme/{act}", {"reason": "x"})

    assert "a person decides" in offered
    assert (others.status_code, answer.status_code, again.status_code) == (404, 303, 409)
    with browser.services.store.read() as tx:
        records = {record.partner: record.state for record in tx.orders.find()}
    assert records == {"acme": state, "rival": OrderState.HELD}


def hold(browser: Browser, partner: str) -> None:
    order = a_purchase_order(a_line(), partner=partner, order_no=f"PO-{partner}")
    record = an_order(
        id=f"order-{partner}", partner=partner, order_no=f"PO-{partner}", document_id=f"d-{partner}",
        state=OrderState.HELD, order=order.model_dump_json(),
    )  # fmt: skip
    with browser.services.store.begin() as tx:
        tx.orders.open(record)
