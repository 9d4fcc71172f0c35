"""The console in Chromium: every page and every act, as people do them; pictures are kept for looking at."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from orderwire.ports.journal import DocumentState
from orderwire.ports.ledger import LedgerQuery
from services.console import BUYER, DEBTOR, HOSTILE, PASSWORD, ROWS, ConsoleScene, console_scene, morning
from services.edifact import Order, acknowledgement, interchange

#: For a page, on a machine that is busy.
PATIENCE_MS: Final = 120_000
PAGES: Final = ("", "/messages", "/orders", "/failures", "/replays", "/partners", "/partners/acme", "/queues", "/audit",
                "/people", "/me")  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleScene]:
    with console_scene(tmp_path_factory.mktemp("console")) as started:
        morning(started)
        yield started


@pytest.fixture
def page(chromium: Browser, scene: ConsoleScene) -> Iterator[Page]:
    """Ada's browser."""
    yield from opened(chromium, scene, "ada")


def opened(chromium: Browser, scene: ConsoleScene, name: str, **options: object) -> Iterator[Page]:
    context = chromium.new_context(base_url=scene.url, viewport={"width": 1360, "height": 900}, **options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    log_in(page, name)
    yield page
    hurt = page.evaluate("window.hurt")
    context.close()
    assert (wrong, hurt) == ([], None)


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.goto("/console")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


#: What axe looks for: everything, or what may differ in another look of the same page.
RULES: Final = {"light": None, "dark": ["color-contrast"], "phone": ["target-size", "scrollable-region-focusable"]}


def serious(page: Page, look: str = "light") -> list[str]:
    """Return the accessibility faults that shut somebody out."""
    rules = RULES[look]
    options = {"runOnly": {"type": "rule", "values": rules}} if rules else None
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in {"serious", "critical"}
    ]


def documents(scene: ConsoleScene, order_no: str) -> list[DocumentState]:
    return [one.state for one in scene.deployment.documents(order_no=order_no, direction="in")]


@pytest.mark.parametrize("look", RULES)
def test_every_page_can_be_read_by_everybody(
    chromium: Browser, scene: ConsoleScene, screenshots: Path, look: str
) -> None:
    """Light, dark and on a phone, axe finds nothing serious, and nothing is wider than the screen."""
    for page in opened(chromium, scene, "ada", color_scheme="dark" if look == "dark" else "light"):
        if look == "phone":
            page.set_viewport_size({"width": 390, "height": 844})
        group = scene.deployment.services.store
        with group.read() as tx:
            groups = tx.failures.groups((), scene.deployment.services.clock())
            parked = tx.failures.members(groups[0].id, (), 1)[0]
        story = scene.deployment.documents(order_no="PO-101", direction="in")[0].id
        more = (f"/failures/{groups[0].id}", f"/parked/{parked.id}", f"/documents/{story}")
        for path in (*PAGES, *more):
            page.goto(f"/console{path}")
            name = path.strip("/").split("/")[0] + ("-one" if path.count("/") > 1 else "") or "now"
            page.screenshot(path=screenshots / f"{look}-{name}.png", full_page=True)
            assert serious(page, look) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_login_page(chromium: Browser, scene: ConsoleScene, screenshots: Path) -> None:
    """A wrong password is told, and reading needs no script."""
    context = chromium.new_context(base_url=scene.url, java_script_enabled=False)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/console/login")
    page.screenshot(path=screenshots / "light-login.png")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    log_in(page, "ada")
    for path in PAGES:
        page.goto(f"/console{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    context.close()


def test_now_shows_how_things_stand(page: Page) -> None:
    """Counts, flows, partners, a worker that lives; and it renews itself."""
    expect(page.get_by_role("link", name=re.compile(r"^\d+ parked"))).to_be_visible()
    expect(page.get_by_role("link", name="1 worker alive")).to_be_visible()
    expect(page.get_by_role("region", name="Flows")).to_contain_text("fulfil")
    expect(page.get_by_role("region", name="Partners")).to_contain_text("acme")
    with page.expect_response("**/console/now") as renewed:
        pass
    assert renewed.value.ok


@pytest.mark.parametrize("number", ["PO-101", "GOOD1", "4012345000009", "1002"])
def test_an_order_is_found(page: Page, number: str) -> None:
    """By its number, its interchange, the buyer's GLN, and by what is written inside."""
    page.keyboard.press("/")
    page.keyboard.type(number)
    page.keyboard.press("Enter")

    expect(page.get_by_role("region", name="Messages found").get_by_role("row")).not_to_have_count(0)


def test_the_story_of_an_order(page: Page) -> None:
    """On one page: what came, with meanings, what was decided, every event, and what was answered."""
    page.goto("/console/orders?q=PO-101")
    page.get_by_role("link", name="PO-101").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Order PO-101")
    expect(page.get_by_role("region", name="Lines")).to_contain_text("accepted")
    came = page.get_by_role("region", name="Raw document")
    expect(came.get_by_title(re.compile("^1004 Document number"))).to_have_text("PO-101")
    expect(page.locator(".story")).to_contain_text("stock held")
    expect(page.get_by_role("region", name="Documents")).to_contain_text("ORDRSP")
    chain = page.get_by_role("list", name="How far it has come")
    expect(chain.get_by_role("listitem").filter(has_text="In NAV")).to_contain_text("sales order OW")
    expect(chain.get_by_role("listitem").filter(has_text="Answered")).to_contain_text("ORDRSP sent")
    expect(page.get_by_role("region", name="Stock holds")).to_contain_text("confirmed")


def test_what_was_said_to_nav(page: Page, screenshots: Path) -> None:
    """Each call with its time; opened, what was asked and what NAV answered, in lines."""
    page.goto("/console/orders?q=PO-101")
    page.get_by_role("link", name="PO-101").click()
    call = page.locator(".call").filter(has_text="SalesOrder").filter(has_text="Create")
    expect(call).to_contain_text(re.compile(r"ok \d+ ms, HTTP 200"))
    call.locator("summary").click()

    expect(call.get_by_role("region", name=re.compile("^Request"))).to_contain_text("External_Document_No>PO-101<")
    expect(call.get_by_role("region", name=re.compile("^Answer"))).to_contain_text("Create_Result")
    expect(page.locator("main")).not_to_contain_text("Authorization")
    page.screenshot(path=screenshots / "light-nav.png", full_page=True)
    assert serious(page) == []


def test_a_search_is_saved_as_a_link(page: Page) -> None:
    """Under a name, and found again with one click."""
    page.goto("/console/messages?state=parked&partner=acme")
    page.get_by_text("Save this search").click()
    page.get_by_label("As").fill("parked at acme")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("link", name="parked at acme")).to_have_attribute("href", re.compile("state=parked"))
    page.get_by_text("Save this search").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="parked at acme")).to_have_count(0)


def test_mend_try_and_replay_a_group(page: Page, scene: ConsoleScene, screenshots: Path) -> None:
    """One line in a code list, a dry run that passes, a replay with its progress: every order gets its sales order."""
    page.goto("/console/failures")
    page.screenshot(path=screenshots / "walk-1-failures.png")
    page.get_by_role("row").filter(has_text="DZN").get_by_role("link").first.click()
    page.get_by_label("Note", exact=True).fill("asked the buyer: it is a dozen, sold as single pieces")
    page.get_by_role("button", name="Note", exact=True).click()
    page.screenshot(path=screenshots / "walk-2-group.png", full_page=True)
    page.get_by_label("erp_unit").fill("PCS")
    page.locator("#code-reason").fill("agreed with the buyer")
    page.get_by_role("button", name="Add to units").click()
    page.locator("#replay-reason").fill("the unit is in the list now")
    page.get_by_role("button", name="Freeze the list").click()
    page.get_by_role("button", name="Try all dry").click()
    expect(page.locator("main")).to_contain_text(f"{ROWS} pass, 0 fail", timeout=20_000)
    page.screenshot(path=screenshots / "walk-3-tried.png", full_page=True)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Start").click()

    expect(page.locator("main")).to_contain_text(f"Succeeded {ROWS}, failed again 0", timeout=60_000)
    page.screenshot(path=screenshots / "walk-4-done.png", full_page=True)
    answers = scene.deployment.answers()
    assert all(answers[f"PO-20{number}"].outcome.value == "accepted" for number in range(ROWS))
    assert serious(page) == []


def test_prove_that_an_order_arrived(page: Page, scene: ConsoleScene, screenshots: Path) -> None:
    """From the number that the buyer asked for: what NAV calls it, when the answer went, and that the buyer took it."""
    [answer] = scene.deployment.documents(order_no="PO-200", direction="out")
    scene.deployment.receive(acknowledgement(BUYER, "ACK1", str(answer.control_ref)), "ack.edi")
    scene.wait_for(lambda: bool(taken(scene, answer.id)), "the buyer's CONTRL")
    page.keyboard.press("/")
    page.keyboard.type("PO-200")
    page.keyboard.press("Enter")
    page.get_by_role("row").filter(has_text="ORDERS").filter(has_text="replayed").get_by_role("link").first.click()

    links = page.get_by_role("list", name="How far it has come").get_by_role("listitem")
    expect(links).to_have_class(["ok"] * 6)
    expect(links.filter(has_text="In NAV")).to_contain_text(f"sales order {answer.erp_no}")
    expect(links.filter(has_text="Acknowledged")).to_contain_text("CONTRL: accepted")
    page.screenshot(path=screenshots / "walk-5-arrived.png")
    page.get_by_role("link", name="Answered").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("PO-200")
    page.goto("/console/audit")
    expect(page.get_by_role("region", name="Audit")).to_contain_text("the unit is in the list now")


def taken(scene: ConsoleScene, document_id: str) -> list[str | None]:
    with scene.deployment.services.store.read() as tx:
        return [entry.outcome for entry in tx.ledger.find(LedgerQuery(document_ids=(document_id,))) if entry.met_at]


def test_edit_a_copy_and_replay_it(page: Page, scene: ConsoleScene, screenshots: Path) -> None:
    """The change is shown and tried before it is sent; what came stays as it came."""
    page.goto("/console/messages?q=PO-300&state=parked")
    page.locator("a.row-link").first.click()
    page.get_by_role("link", name="Mend, try, replay, discard").click()
    copy = page.get_by_label("The copy")
    copy.fill(copy.input_value().replace("ZZZ", "PCE"))
    page.get_by_role("button", name="Show changes and try dry").click()
    expect(page.locator(".diff .plus")).to_have_text("+QTY+21:2:PCE'")
    expect(page.locator(".diff .minus")).to_have_text("-QTY+21:2:ZZZ'")
    page.screenshot(path=screenshots / "light-edit.png", full_page=True)
    page.locator("#edit-reason").fill("a slip of the buyer's pen")
    page.get_by_role("button", name="Replay the copy").click()

    expect(page.get_by_role("status")).to_have_text("Sent through again.")
    scene.wait_for(lambda: DocumentState.DONE in documents(scene, "PO-300"), "the edited order's answer")
    rows = scene.deployment.documents(order_no="PO-300", direction="in")
    assert {one.state for one in rows} == {DocumentState.REPLAYED, DocumentState.DONE}
    assert len({one.sha256 for one in rows}) == 2


def test_a_run_is_cancelled_and_goes_on(page: Page, scene: ConsoleScene) -> None:
    """What was not sent stays parked; taken up again, the rest goes, and each message has its outcome."""
    for number in range(3):
        scene.order(f"SLOW{number}", f"PO-60{number}", unit="SLW")
    scene.wait_for(lambda: documents(scene, "PO-602") == [DocumentState.PARKED], "the parked orders")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/console/failures")
    page.get_by_role("row").filter(has_text="SLW").get_by_role("link").first.click()
    page.get_by_label("At most a second").fill("0.4")
    page.get_by_label(re.compile("^Stop at failures")).fill("0")
    page.locator("#replay-reason").fill("to see it fail again")
    page.get_by_role("button", name="Freeze the list").click()
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("main .state.cancelled").first).to_be_visible(timeout=20_000)
    expect(page.get_by_role("link", name=re.compile(r"^waiting [123]$"))).to_be_visible()
    page.get_by_role("button", name="Go on").click()

    expect(page.locator("main")).to_contain_text("failed again 3, skipped 0, in flight 0, waiting 0", timeout=60_000)
    assert documents(scene, "PO-602").count(DocumentState.PARKED) == 1


def test_held_orders_are_released_and_refused(page: Page, scene: ConsoleScene) -> None:
    """A person decides, with a reason: one goes to NAV, the other's buyer is told no."""
    page.on("dialog", lambda dialog: dialog.accept())
    scene.deployment.receive(interchange(DEBTOR, "HELD", [Order("PO-800"), Order("PO-801")]), "held.edi")
    for number, act, said in (("PO-800", "Release: let it go on", "Released"), ("PO-801", "Refuse", "Refused")):
        scene.wait_for(lambda no=number: documents(scene, no) == [DocumentState.HELD], number)  # type: ignore[misc]
        page.goto(f"/console/messages?q={number}&state=held")
        page.locator("a.row-link").first.click()
        links = page.get_by_role("list", name="How far it has come").get_by_role("listitem")
        expect(links.filter(has_text="Decided")).to_contain_text("held: a person decides")
        page.locator("#held-reason").fill("asked the accountant")
        page.get_by_role("button", name=act).click()
        expect(page.get_by_role("status")).to_contain_text(said)
    scene.deployment.wait_for(
        lambda: {n: str(a.outcome) for n, a in scene.deployment.answers().items() if n in {"PO-800", "PO-801"}}
        == {"PO-800": "accepted", "PO-801": "rejected"}, 60, "both answers",
    )  # fmt: skip


def test_ones_own_tokens_and_the_way_out(page: Page) -> None:
    """A token is shown once and can be ended; who logs out is out."""
    page.goto("/console/me")
    page.get_by_label("A new one for").fill("nightly report")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_role("status")).to_contain_text("shown this once")
    page.get_by_role("button", name="End token nightly report").click()
    expect(page.get_by_role("button", name="End token nightly report")).to_have_count(0)
    page.get_by_role("button", name="Log out").click()

    page.goto("/console/orders")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_discard_with_a_reason(page: Page) -> None:
    """What is of nobody is ended by a person, and the audit says why."""
    page.goto("/console/failures?code=decode")
    page.locator("a.row-link").first.click()
    page.get_by_role("checkbox", name=re.compile("^Choose (?!all)")).first.check()
    page.locator("#some-reason").fill("spam, the sender was told")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Discard the chosen").click()
    expect(page.get_by_role("status")).to_contain_text("Discarded")

    page.goto("/console/audit?verify=1")
    expect(page.get_by_role("status")).to_contain_text("the chain holds")
    expect(page.get_by_role("region", name="Audit")).to_contain_text("spam, the sender was told")


def test_discard_one_message(page: Page, scene: ConsoleScene) -> None:
    """From its own page, with a reason; it is ended, and stays to be seen."""
    before = {one.id for one in scene.deployment.parked()}
    scene.deployment.receive(b"a letter, and no document", "letter.edi")
    scene.wait_for(lambda: {one.id for one in scene.deployment.parked()} > before, "parked")
    (parked,) = {one.id for one in scene.deployment.parked()} - before

    page.goto(f"/console/parked/{parked}")
    page.get_by_text("Discard it", exact=True).click()
    page.locator("#discard-reason").fill("a letter for the office")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Discard", exact=True).click()

    expect(page.get_by_role("status")).to_contain_text("Discarded")
    page.goto(f"/console/parked/{parked}")
    expect(page.locator("main")).to_contain_text("discarded")


def test_paste_a_document(page: Page) -> None:
    """Of a partner, to see what would become of it; nothing is taken in."""
    page.goto("/console/partners/acme")
    text = "UNB+UNOC:3+4012345000009:14+4099998000013:14+261121:0800+TRY'UNH+1+ORDERS:D:96A:UN'BGM+220+TRY-1+9'"
    text += "DTM+137:20261121:102'NAD+BY+4012345000009::9'LIN+1++1001:SA'QTY+21:3:QQQ'UNS+S'UNT+8+1'UNZ+1+TRY'"
    page.get_by_role("textbox", name="Document").fill(text)
    page.get_by_role("button", name="See").click()

    expect(page.get_by_role("heading", name="What would become of it")).to_be_visible()
    expect(page.locator("main")).to_contain_text("unit=QQQ")
    page.goto("/console/messages?q=TRY-1")
    expect(page.locator("main")).to_contain_text("Nothing matches")


def test_people_are_added(page: Page) -> None:
    """By an admin, for some partners only."""
    page.goto("/console/people")
    form = page.locator("section").filter(has_text="Add somebody")
    form.get_by_label("Name").fill("olga")
    form.get_by_label("Role").select_option("operator")
    form.get_by_label("acme").check()
    form.get_by_label(re.compile("^Password")).fill(PASSWORD)
    form.get_by_role("button", name="Add").click()

    olga = page.locator("section").filter(has=page.get_by_role("heading", name="olga operator"))
    olga.get_by_text("Change", exact=True).click()
    olga.get_by_label("Disabled").check()
    olga.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="olga operator, disabled")).to_be_visible()


def test_passwords_are_set_and_changed(page: Page) -> None:
    """By an admin for somebody who forgot, and then by that person."""
    given, own = "given by ada at noon", "known to pia alone"
    page.goto("/console/people")
    form = page.locator("section").filter(has_text="Add somebody")
    form.get_by_label("Name").fill("pia")
    form.get_by_label(re.compile("^Password")).fill(PASSWORD)
    form.get_by_role("button", name="Add").click()
    pia = page.locator("section").filter(has=page.get_by_role("heading", name=re.compile("^pia ")))
    pia.get_by_text("Change", exact=True).click()
    pia.get_by_label(re.compile("^New password")).fill(given)
    pia.get_by_role("button", name="Set it").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.get_by_role("button", name="Log out").click()

    log_in(page, "pia", given)
    page.goto("/console/me")
    page.get_by_label("Now").fill(given)
    page.locator("#new").fill(own)
    page.locator("#again").fill(own)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("status")).to_be_visible()
    page.get_by_role("button", name="Log out").click()

    log_in(page, "pia", own)


def test_a_viewer_has_no_buttons(chromium: Browser, scene: ConsoleScene) -> None:
    """Who may look only is offered nothing else."""
    for page in opened(chromium, scene, "vera"):
        page.goto("/console/failures")
        page.locator("a.row-link").first.click()
        expect(page.get_by_role("button", name=re.compile("Replay|Discard|Freeze|Add|Note"))).to_have_count(0)
        assert page.goto("/console/people").status == 403  # type: ignore[union-attr]


def test_hostile_words_are_words(page: Page) -> None:
    """HTML in every field of a document, in a file's name and in the address, is shown and never run."""
    page.goto("/console/messages?q=HOSTILE")
    page.locator("a.row-link").first.click()
    expect(page.locator("main")).to_contain_text("<script>")
    for path in (
        "messages?q=",
        "messages?partner=",
        "orders?q=",
        "failures?partner=",
        "audit?who=",
        "login?next=",
        "messages?kind=",
    ):
        page.goto(f"/console/{path}{HOSTILE}")
    page.goto("/console/failures")
    for href in [link.get_attribute("href") for link in page.locator("a.row-link").all()]:
        page.goto(str(href))
    assert page.evaluate("window.hurt") is None
    assert page.locator("img[src=x], main script").count() == 0


def test_keys_lead_through_the_console(page: Page) -> None:
    """`g` and a letter opens a page, `j` and `k` go through the rows, the first tab skips to the content."""
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.get_by_role("heading", level=1)).to_have_text("Messages")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/console/documents/"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
