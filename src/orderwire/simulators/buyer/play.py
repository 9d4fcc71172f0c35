"""A day of the virtual buyer: shop, edit, look, cancel, order, order again, change; every step says what was seen."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import httpx
from lxml import etree

from orderwire.simulators.buyer.documents import CartItem, Pen, ReturnedCart, read_xml
from orderwire.simulators.buyer.robot import Robot
from orderwire.simulators.buyer.site import Mailbox

#: The demo partner's secrets; its profile holds their hashes.
DEMO_SECRET: Final = "demo-officeworks-secret"  # noqa: S105  the demo's
DEMO_OCI_PASSWORD: Final = "demo-catalogue-password"  # noqa: S105  the demo's
_OK: Final = frozenset({"200", "201"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One step, and whether what was seen is what a procurement system needs."""

    step: str
    passed: bool
    detail: str = ""


@dataclass
class Buyer:
    """A procurement system: `site` is its own address, `orderwire` the supplier's."""

    pen: Pen
    mailbox: Mailbox
    site: str
    orderwire: str
    partner: str = "officeworks"
    wait_seconds: float = 30
    items: tuple[tuple[str, str], ...] = (("1001", "2"), ("1002", "5"))
    _cookie: str = ""

    def play(self) -> Iterator[Seen]:
        """Go through the day, step by step; the first step that fails ends it."""
        cart: list[CartItem] = []
        steps: list[Callable[[list[CartItem]], Seen]] = [self._shop]
        if self.pen.suite.edits:
            steps += [self._edit, self._inspect, self._cancel]
        steps += [self._order_and_change]
        for step in steps:
            try:
                seen = step(cart)
            except (httpx.HTTPError, LookupError, ValueError) as error:
                seen = Seen(step.__name__.strip("_"), passed=False, detail=str(error))
            yield seen
            if not seen.passed:
                return

    def set_up(self, operation: str = "create", items: Sequence[CartItem] = ()) -> str:
        """Open the shop, and return where the browser goes.

        Raises:
            ValueError: the supplier does not want it.
        """
        self._cookie = secrets.token_hex(8)
        _, content = self.pen.set_up(self._cookie, f"{self.site}/cart", operation, items, datetime.now(UTC))
        root = read_xml(self.send(content))
        url = root.findtext("Response/PunchOutSetupResponse/StartPage/URL")
        if not url:
            raise ValueError(f"the set-up was refused: {said_by(root)}")
        return url

    def send(self, content: bytes) -> bytes:
        """Post a document to the supplier, and return the answer."""
        answer = httpx.post(f"{self.orderwire}/cxml", content=content, headers={"Content-Type": "text/xml"}, timeout=60)
        return answer.content

    def order(self, order_no: str, items: Sequence[CartItem], previous: str = "") -> tuple[str, bytes]:
        """Write an order, and return its payloadID and bytes."""
        return self.pen.order(order_no, items, datetime.now(UTC), previous=previous)

    def confirmations(self, order_no: str) -> list[etree._Element]:
        """Return the ConfirmationRequests that came for an order."""
        found = (document.find("Request/ConfirmationRequest") for document in self.mailbox.documents)
        return [one for one in found if one is not None and one.xpath("string(OrderReference/@orderID)") == order_no]

    def _enter(self, robot: Robot, operation: str = "create", items: Sequence[CartItem] = ()) -> None:
        if self.pen.suite.oci:
            fields = {
                "USERNAME": "officeworks",
                "PASSWORD": DEMO_OCI_PASSWORD,
                "HOOK_URL": f"{self.site}/cart?system=7",
            }
            robot.post(f"{self.orderwire}/oci/{self.partner}", fields | {"~OkCode": "ADDI", "~CALLER": "CTLG"})
        else:
            robot.open(self.set_up(operation, items))
        if robot.status != 200:
            raise LookupError(f"the shop does not open: {robot.status} at {robot.url}")

    def _bring(self, robot: Robot) -> ReturnedCart:
        """Do what the page that returns a cart does in a browser."""
        if robot.status != 200:
            raise LookupError(f"the cart does not leave: {robot.status} at {robot.url}")
        form, before = robot.form(), len(self.mailbox.carts)
        robot.post(form.action, form.fields)
        if not self.mailbox.wait_for(lambda: len(self.mailbox.carts) > before, self.wait_seconds):
            raise LookupError("no cart came")
        return self.mailbox.carts[-1]

    def _shop(self, cart: list[CartItem]) -> Seen:
        robot = Robot()
        self._enter(robot)
        for item_no, quantity in self.items:
            robot.open(robot.url.rpartition("/")[0] + "/")
            robot.send("add", item_no=item_no, quantity=quantity)
        robot.send("check-out")
        page = robot.url
        first = self._bring(robot)
        robot.open(page)
        again = self._bring(robot)
        cart[:] = first.items
        cookie = self.pen.suite.oci or first.cookie == self._cookie
        wanted = [(item_no, Decimal(quantity)) for item_no, quantity in self.items]
        whole = [(item.item_no, item.quantity) for item in first.items] == wanted
        detail = f"{len(first.items)} items came, and the same ones after a reload"
        return Seen("shop and return", passed=whole and cookie and first == again, detail=detail)

    def _edit(self, cart: list[CartItem]) -> Seen:
        robot = Robot()
        self._enter(robot, "edit", cart)
        robot.send("change", **{f"quantity-{cart[0].item_no}": "3"})
        robot.send("check-out")
        edited = self._bring(robot)
        kept = {item.auxiliary_id for item in edited.items} == {item.auxiliary_id for item in cart}
        changed = any(item.item_no == cart[0].item_no and item.quantity == 3 for item in edited.items)
        cart[:] = edited.items
        return Seen("edit", passed=kept and changed, detail="the quantity is another one, the line's key the same")

    def _inspect(self, cart: list[CartItem]) -> Seen:
        robot = Robot()
        self._enter(robot, "inspect", cart)
        shown = all(item.item_no in robot.text for item in cart)
        robot.send("cancel")
        ended = self._bring(robot)
        return Seen("inspect", passed=shown and ended.status == "204" and not ended.items, detail="shown; status 204")

    def _cancel(self, cart: list[CartItem]) -> Seen:
        robot = Robot()
        self._enter(robot, "edit", cart)
        robot.send("cancel")
        ended = self._bring(robot)
        return Seen("cancel", passed=ended.status == "204" and not ended.items, detail="status 204: nothing changes")

    def _order_and_change(self, cart: list[CartItem]) -> Seen:
        order_no = f"PO-{secrets.token_hex(4).upper()}"
        payload_id, content = self.order(order_no, cart)
        first, again = self.send(content), self.send(content)
        if said_by(read_xml(first))[:3] not in _OK or first != again:
            return Seen("order", passed=False, detail=f"{said_by(read_xml(first))}; twice the same: {first == again}")
        if not self.mailbox.wait_for(lambda: bool(self.confirmations(order_no)), self.wait_seconds):
            return Seen("order", passed=False, detail=f"no confirmation of {order_no} came")
        kind = str(self.confirmations(order_no)[0].xpath("string(ConfirmationHeader/@type)"))
        more = [replace(item, quantity=item.quantity + 1) for item in cart]
        changed = said_by(read_xml(self.send(self.order(order_no, more, payload_id)[1])))
        detail = (
            f"{order_no} taken, taken once though sent twice, confirmed ({kind}); its change was answered {changed}"
        )
        return Seen(
            "order, duplicate, confirmation, change", passed=kind in {"accept", "detail", "except"}, detail=detail
        )


def said_by(root: etree._Element) -> str:
    """Return code and text of a Response's Status."""
    status = root.find("Response/Status")
    return (
        "no Status" if status is None else f"{status.get('code', '')} {status.text or status.get('text', '')}".strip()
    )
