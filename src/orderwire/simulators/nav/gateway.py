"""From a URL and a body to a reply: finds the service, meets the faults, performs the call."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Event, Lock
from typing import Final, Literal
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from orderwire.simulators.nav import codeunit, faults, keys, soap, wsdl
from orderwire.simulators.nav.calls import Calls
from orderwire.simulators.nav.chaos import WSDL, Chaos, FaultKind, FaultPlan
from orderwire.simulators.nav.codeunit import OrderwireCodeunit
from orderwire.simulators.nav.faults import NavFault
from orderwire.simulators.nav.operations import PageService
from orderwire.simulators.nav.pages import PAGES
from orderwire.simulators.nav.published import Published
from orderwire.simulators.nav.slots import Pace, Slots
from orderwire.simulators.nav.users import OtherUsers
from orderwire.simulators.nav.world import World

INSTANCE: Final = "DynamicsNAV"
_SYSTEM: Final = "SystemService"
_HTML: Final = "text/html; charset=utf-8"
#: As HTTP.sys says it: no XML.
_UNAVAILABLE: Final = (
    b'<!DOCTYPE HTML><HTML><HEAD><TITLE>Service Unavailable</TITLE><META HTTP-EQUIV="Content-Type" '
    b'Content="text/html; charset=us-ascii"></HEAD><BODY><h2>Service Unavailable</h2><hr>'
    b"<p>HTTP Error 503. The service is unavailable.</p></BODY></HTML>"
)
#: As a portal says it: well-formed, and so worse.
_SIGN_IN: Final = b"<html><head><title>Sign in</title></head><body><form></form></body></html>"
_MODAL: Final = "Automatic reservation is not possible. Do you want to reserve items manually?"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    host: str
    body: bytes = b""
    soap_action: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back, whole or not; `then` runs when it has gone."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/xml; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    fate: Literal["sent", "dropped", "truncated"] = "sent"
    then: Callable[[], None] | None = None


_DROPPED: Final = Reply(fate="dropped")


class Gateway:
    """The web services of one company. Thread-safe."""

    def __init__(
        self,
        world: World,
        company: str,
        *,
        pace: Pace,
        omit_zero: bool = False,
        published: Sequence[Published] = (),
        gateway_codeunit: bool = False,
    ) -> None:
        self.chaos = Chaos()
        self.stopping = Event()
        self._world = world
        self._company = company
        self._pace = pace
        self._users = OtherUsers(world)
        self._described_only = {(one.kind, one.service): one.wsdl for one in published if one.page is None}
        pages = {**PAGES, **{one.service: one.page for one in published if one.page}}
        self._pages = {name: page for name, page in pages.items() if ("Page", name) not in self._described_only}
        self._codeunit = OrderwireCodeunit(world) if gateway_codeunit else None
        self._services = {name: PageService(world, page, omit_zero=omit_zero) for name, page in self._pages.items()}
        self.slots = Slots(pace, self.stopping)
        self.calls = Calls()
        self._lock = Lock()
        self._counters: Counter[str] = Counter()

    @property
    def counters(self) -> dict[str, int]:
        """Requests by `Service.Operation`, and whatever else was counted."""
        with self._lock:
            return {**self._counters, "most_at_once": self.slots.most_at_once}

    @property
    def codeunit_published(self) -> bool:
        return self._codeunit is not None

    def count(self, name: str) -> None:
        with self._lock:
            self._counters[name] += 1

    def handle(self, request: Request) -> Reply:
        """Answer a request that has passed the login."""
        try:
            return self._route(request)
        except NavFault as fault:
            return Reply(fault.status, fault.render())

    def _route(self, request: Request) -> Reply:
        path = urlsplit(request.path).path
        root = f"/{INSTANCE}/WS/"
        if not path.startswith(root):
            return Reply(404)
        match [unquote(part) for part in path.removeprefix(root).split("/")]:
            case [name] | [_, name] if name.lower() == "services":
                return self._discovery(request)
            case [name] | [_, name] if name == _SYSTEM:
                return self._system(request)
            case ["Page", name]:
                return self._service("Page", name, request)
            case [company, kind, name]:
                if company != self._company:
                    raise faults.company_not_found(company)
                return self._service(kind, name, request)
            case [*_, kind, name]:
                raise faults.service_not_found(f"{kind}/{name}")
        return Reply(404)

    def _address(self, request: Request, *parts: str) -> str:
        path = "/".join(quote(part) for part in parts)
        return f"http://{request.host}/{INSTANCE}/WS/{path}"

    def _discovery(self, request: Request) -> Reply:
        addresses = [self._address(request, _SYSTEM)]
        addresses += [self._address(request, self._company, "Page", name) for name in self._pages]
        references = "".join(
            f'<contractRef xmlns="http://schemas.xmlsoap.org/disco/scl/" ref={quoteattr(it)} />' for it in addresses
        )
        text = f'<discovery xmlns="http://schemas.xmlsoap.org/disco/">{references}</discovery>'
        return Reply(body=text.encode())

    def _system(self, request: Request) -> Reply:
        if request.method == "GET":
            return self._described(_SYSTEM, lambda: wsdl.system_wsdl(self._address(request, _SYSTEM)))
        return self._posted(_SYSTEM, wsdl.SYSTEM_NAMESPACE, request, self._companies)

    def _companies(self, call: etree._Element) -> bytes:
        if call.tag != f"{{{wsdl.SYSTEM_NAMESPACE}}}Companies":
            raise faults.broker(f'Method "{etree.QName(call).localname}" was not found in service "{_SYSTEM}".')
        content = f"<return_value>{escape(self._company)}</return_value>"
        return soap.envelope(wsdl.SYSTEM_NAMESPACE, "Companies", content)

    def _service(self, kind: str, name: str, request: Request) -> Reply:
        service = self._services.get(name) if kind == "Page" else None
        if service is not None:
            return self._page(service, request)
        if self._codeunit and (kind, name) == ("Codeunit", codeunit.SERVICE):
            return self._placing(self._codeunit, request)
        if (kind, name) not in self._described_only:
            raise faults.service_not_found(f"{kind}/{name}")
        if request.method != "GET":
            raise faults.dialog(f"The simulator has nothing behind {kind} {name}.")
        return self._described(name, lambda: self._described_only[kind, name])

    def _placing(self, placing: OrderwireCodeunit, request: Request) -> Reply:
        if request.method == "GET":
            location = self._address(request, self._company, "Codeunit", codeunit.SERVICE)
            return self._described(codeunit.SERVICE, lambda: codeunit.described(location))
        return self._posted(codeunit.SERVICE, codeunit.NAMESPACE, request, placing.call)

    def _page(self, service: PageService, request: Request) -> Reply:
        name = service.page.service
        if request.method == "GET":
            location = self._address(request, self._company, "Page", name)
            return self._described(name, lambda: wsdl.page_wsdl(service.page, location))
        return self._posted(name, service.page.namespace, request, service.call)

    def _described(self, service: str, describe: Callable[[], bytes]) -> Reply:
        self.count(f"{service}.{WSDL}")
        return self._perform(service, None, self.chaos.take(service, WSDL), describe)

    def _posted(self, service: str, namespace: str, request: Request, call: Callable[[etree._Element], bytes]) -> Reply:
        if request.method != "POST":
            return Reply(405)
        element = soap.parse(request.body)
        operation = etree.QName(element).localname
        action = request.soap_action.strip('"')
        if action and action != f"{namespace}:{operation}":
            raise faults.broker(f'The SOAPAction "{action[:200]}" does not name the operation "{operation}".')
        self.count(f"{service}.{operation}")
        noted = self.calls.begin(service, operation, self._no_of(service, element))
        outcome = "defect"
        try:
            reply = self._perform(service, element, self.chaos.take(service, operation), lambda: call(element))
            outcome = (
                "lost" if reply.fate != "sent" else "ok" if reply.status == HTTPStatus.OK else f"http {reply.status}"
            )
        except NavFault as fault:
            outcome = fault.exception
            raise
        else:
            return reply
        finally:
            self.calls.end(noted, outcome)

    def _no_of(self, service: str, element: etree._Element) -> str:
        """Return the number of the record that a request speaks of."""
        page = self._pages.get(service)
        name = next((field.name for field in page.fields if field.attribute == "no"), "No") if page else "No"
        found = element.find(f".//{{*}}{name}")
        if found is not None and found.text:
            return found.text[:100]
        texts = self._services[service].keys_in(element) if service in self._services else []
        with suppress(NavFault):
            return str(keys.decode(texts[0]).primary_key[0]) if texts else ""
        return ""

    def _perform(
        self, service: str, element: etree._Element | None, plans: list[FaultPlan], work: Callable[[], bytes]
    ) -> Reply:
        with self.slots.taken() as status:
            if status is not HTTPStatus.OK:
                return Reply(status.value, headers=(("Retry-After", "1"),))
            self.stopping.wait(self._pace.latency_seconds)
            for plan in plans:
                if reply := self._before(plan, service, element):
                    return reply
            reply = Reply(body=work())
            for plan in plans:
                reply = self._after(plan, reply)
            return reply

    def _before(self, plan: FaultPlan, service: str, element: etree._Element | None) -> Reply | None:
        """Meet a fault that strikes before anything is done."""
        match plan.kind:
            case FaultKind.SLOW:
                self.stopping.wait(plan.seconds)
            case FaultKind.BUY_BETWEEN if plan.item_no is not None and plan.quantity is not None:
                self._users.buy(plan.item_no, plan.quantity)
            case FaultKind.STALE_KEY if element is not None and service in self._services:
                self._make_stale(self._services[service], element)
            case FaultKind.LOCK_TIMEOUT:
                raise faults.locked(self._table_name(service))
            case FaultKind.DEADLOCK:
                raise faults.deadlocked(self._table_name(service))
            case FaultKind.FAULT:
                raise NavFault(plan.exception or "NavNCLDialogException", plan.text or "Error.")
        return self._instead(plan)

    @staticmethod
    def _instead(plan: FaultPlan) -> Reply | None:
        """Return the reply of somebody who is not NAV."""
        match plan.kind:
            case FaultKind.REFUSED:
                return _DROPPED
            case FaultKind.HTTP_401:
                return Reply(401)
            case FaultKind.HTML_503:
                wait = plan.retry_after_seconds
                headers = () if wait is None else (("Retry-After", str(wait)),)
                return Reply(503, _UNAVAILABLE, _HTML, headers)
            case FaultKind.HTML_200:
                return Reply(200, _SIGN_IN, _HTML)
            case FaultKind.STATUS:
                return Reply(plan.status, _UNAVAILABLE, _HTML)
        return None

    def _after(self, plan: FaultPlan, reply: Reply) -> Reply:
        """Meet a fault that strikes when the work is committed."""
        match plan.kind:
            case FaultKind.FAULT_AFTER_COMMIT:
                raise faults.dialog(plan.text) if plan.text else faults.callback(_MODAL)
            case FaultKind.REPLY_LOST:
                return _DROPPED
            case FaultKind.HANG_AFTER_COMMIT:
                self.stopping.wait(plan.seconds)
            case FaultKind.TRUNCATED_REPLY:
                return replace(reply, fate="truncated")
        return reply

    def _table_name(self, service: str) -> str:
        page = self._pages.get(service)
        return page.table if page else "Company"

    def _make_stale(self, service: PageService, element: etree._Element) -> None:
        by_id = {table.table_id: table for table in self._world.tables.values()}
        for text in service.keys_in(element):
            key = keys.decode(text)
            if key.table_id in by_id:
                self._users.touch(by_id[key.table_id], key.primary_key)
