"""Carts: taken from the shop, checked on live stock and prices, and handed to the browser once and for all."""

import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from orderwire.canonical.cart import Cart, CartFinding, Operation
from orderwire.canonical.envelope import EventType, event_id
from orderwire.errors import ConflictError, OutageError, SessionClosedError, TransientError
from orderwire.pipeline.punchout import Means, Sessions, Visit, running
from orderwire.pipeline.punchout_check import of_buyer, of_erp
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.intake import OutboundDocument
from orderwire.ports.journal import Document, DocumentState, Step
from orderwire.ports.punchout import CartRecord, CartState, PunchoutSession, ReturnForm, SessionState
from orderwire.ports.store import Transaction

log = structlog.get_logger(__name__)

#: A check is live for so long; a browser that comes later has its cart checked again.
_FRESH: Final = timedelta(seconds=60)


@dataclass(frozen=True)
class Handover:
    """What a browser that brings a cart away is told: the form, or why there is none yet."""

    visit: Visit
    shop_url: str
    form: ReturnForm | None = None
    findings: tuple[CartFinding, ...] = ()
    expired: bool = False
    cancelled: bool = False


class Carts:
    def __init__(self, means: Means) -> None:
        self._means, self._sessions = means, Sessions(means)

    def post(self, visit: Visit, cart: Cart) -> CartRecord:
        """Take the session's cart, check it, and return how it stands. The same cart again is the same answer.

        Raises:
            SessionClosedError: the session has ended, its cart was returned, or it is for looking only.
        """
        now, session = self._means.clock(), visit.session
        if visit.setup.operation is Operation.INSPECT:
            raise SessionClosedError("the buyer looks at a cart only; end the visit without one")
        with self._means.store.begin() as tx:
            standing = self._standing(tx, session, cart)
            if standing is None:
                running(tx.punchouts.lock(session.id) or session, now)
                standing = self._put(tx, session, cart, now)
        return self._checked(visit, standing)

    def cancel(self, visit: Visit) -> CartRecord:
        """End a session without a cart, even after its time; what the buyer's system holds stays as it is.

        Raises:
            SessionClosedError: a cart of it was returned.
        """
        now, session = self._means.clock(), visit.session
        with self._means.store.begin() as tx:
            current = tx.punchouts.lock(session.id) or session
            if current.state is SessionState.RETURNED:
                running(current, now)
            standing = tx.punchouts.cart_of(session.id)
            if current.state is SessionState.CANCELLED and standing is not None:
                return standing
            tx.punchouts.move(session.id, [current.state], SessionState.CANCELLED, now)
            return self._put(tx, session, None, now)

    def hand_over(self, cart_id: str) -> Handover:
        """Return the form that brings a cart into the buyer's system: the same one whenever it is asked for.

        Raises:
            LookupError: there is no such cart.
            TransientError, OutageError: NAV or the store is away; the cart is kept.
        """
        record, visit = self._found(cart_id)
        told = Handover(visit, self.shop_url(visit), cancelled=record.cart is None)
        if record.cart is not None and self._means.clock() >= visit.session.expires_at:
            if record.state is CartState.RETURNED:
                return replace(told, expired=True)
            record, told = self.cancel(visit), replace(told, expired=True)
        if record.state is not CartState.RETURNED and record.cart is not None:
            record = self._checked(visit, record, again=True)
            if record.state is CartState.STOPPED:
                return replace(told, findings=findings_of(record))
        return replace(told, form=self._form(visit, record))

    def shop_url(self, visit: Visit) -> str:
        """Return the shop's address for a visit."""
        return self._sessions.address(visit.session)

    def find(self, cart_id: str) -> Visit:
        """Return the visit a cart belongs to.

        Raises:
            LookupError: there is no such cart.
        """
        return self._found(cart_id)[1]

    def _found(self, cart_id: str) -> tuple[CartRecord, Visit]:
        with self._means.store.begin() as tx:
            record = tx.punchouts.cart(cart_id)
            session = tx.punchouts.get(record.session_id) if record else None
        if record is None or session is None:
            raise LookupError
        return record, self._sessions.visit_of(session)

    def _standing(self, tx: Transaction, session: PunchoutSession, cart: Cart) -> CartRecord | None:
        """Return the cart that was returned, if it is this one."""
        standing = tx.punchouts.cart_of(session.id)
        if standing is None or standing.state is not CartState.RETURNED or standing.cart is None:
            return None
        before = Cart.model_validate_json(standing.cart)
        again = _keyed(cart, standing.id).model_copy(update={"returned_at": before.returned_at})
        return standing if again == before else None

    def _put(self, tx: Transaction, session: PunchoutSession, cart: Cart | None, now: datetime) -> CartRecord:
        earlier = tx.punchouts.cart_of(session.id)
        cart_id = earlier.id if earlier else secrets.token_urlsafe(16)
        text = _keyed(cart, cart_id).model_dump_json() if cart else None
        state = CartState.UNCHECKED if cart else CartState.READY
        return tx.punchouts.put_cart(CartRecord(cart_id, session.id, session.partner, state, text, "[]", now))

    def _checked(self, visit: Visit, record: CartRecord, *, again: bool = False) -> CartRecord:
        """Check a cart that was not, or not lately. While NAV is away it stays unchecked; `again` says that aloud."""
        now = self._means.clock()
        lately = record.state is not CartState.UNCHECKED and now - record.posted_at < _FRESH
        if record.cart is None or record.state is CartState.RETURNED or lately:
            return record
        cart = Cart.model_validate_json(record.cart)
        findings = of_buyer(cart, visit.partner, visit.profile.cart)
        findings += self._means.writers[visit.session.syntax].stops(cart, visit.partner)
        try:
            findings += [] if findings else of_erp(cart, visit.partner, self._means.erp)
        except (TransientError, OutageError):
            if again:
                raise
            return record
        state = CartState.STOPPED if findings else CartState.READY
        text = json.dumps([finding.model_dump(mode="json") for finding in findings])
        with self._means.store.begin() as tx:
            tx.punchouts.lock(record.session_id)
            current = tx.punchouts.cart(record.id)
            if current is not None and current.cart == record.cart and current.state is not CartState.RETURNED:
                tx.punchouts.put_cart(replace(current, state=state, findings=text, posted_at=now))
            return tx.punchouts.cart(record.id) or record

    def _form(self, visit: Visit, record: CartRecord) -> ReturnForm:
        writer = self._means.writers[visit.session.syntax]
        with self._means.store.begin() as tx:
            current = tx.punchouts.cart(record.id) or record
            document = tx.journal.get(current.document_id) if current.document_id else None
            content = tx.archive.get(document.sha256 or "") if document else None
        if content is None:
            content = self._give_back(visit, record)
        return writer.form(content, visit.setup, visit.partner)

    def _give_back(self, visit: Visit, record: CartRecord) -> bytes:
        """Write the document, and let everybody know, in one transaction."""
        now, session = self._means.clock(), visit.session
        cart = Cart.model_validate_json(record.cart).model_copy(update={"returned_at": now}) if record.cart else None
        writer = self._means.writers[session.syntax]
        outbound = writer.write(cart, session, visit.setup, visit.partner, now)
        document_id = event_id(record.id, 0, "returned")
        given = replace(record, cart=cart.model_dump_json() if cart else None, document_id=document_id, returned_at=now)
        keys = [(line.line_no, line.auxiliary_id or "") for line in cart.lines] if cart else []
        with self._means.store.begin() as tx:
            tx.punchouts.lock(session.id)
            current = tx.punchouts.cart(record.id)
            if current is not None and current.document_id is not None:  # a second tab was faster
                document = tx.journal.get(current.document_id)
                return tx.archive.get(document.sha256 or "") if document else outbound.content
            if current is None or current.cart != record.cart:
                raise ConflictError("the cart was changed meanwhile", partner=session.partner)
            tx.punchouts.give_back(given, keys)
            if cart is not None:
                tx.punchouts.move(session.id, [SessionState.ENTERED], SessionState.RETURNED, now)
            self._journal(tx, visit, outbound, document_id, now)
            source = Source(document_id, session.document_id, session.partner, 0, visit.setup.test)
            events = [next_event(EventType.CART_RETURNED, cart, source, now)] if cart else []
            for event in events:
                tx.outbox.add(event, cause=None)
        log.info("cart_returned" if cart else "punchout_cancelled", partner=session.partner)
        self._means.announce(events)
        return outbound.content

    def _journal(
        self, tx: Transaction, visit: Visit, outbound: OutboundDocument, document_id: str, now: datetime
    ) -> None:
        tx.journal.add(
            Document(
                id=document_id,
                direction="out",
                channel="punchout",
                kind=outbound.kind,
                state=DocumentState.DONE,
                correlation_id=visit.session.document_id,
                received_at=now,
                parent_id=visit.session.document_id,
                partner=visit.partner.key,
                control_ref=outbound.control_ref,
                sha256=tx.archive.put(outbound.content),
                name=outbound.name,
                test=visit.setup.test,
                finished_at=now,
            )
        )
        tx.journal.step(Step(document_id, now, "handed_to_browser"))


def findings_of(record: CartRecord) -> tuple[CartFinding, ...]:
    """Return what a check found."""
    return tuple(CartFinding.model_validate(one) for one in json.loads(record.findings))


def _keyed(cart: Cart, cart_id: str) -> Cart:
    """Give the cart its id, and each line that has no key of the shop's one of ours."""
    stem = hashlib.sha256(cart_id.encode()).hexdigest()[:16]
    lines = tuple(
        line if line.auxiliary_id else line.model_copy(update={"auxiliary_id": f"{stem}/{line.line_no}"})
        for line in cart.lines
    )
    return cart.model_copy(update={"cart_id": cart_id, "lines": lines})
