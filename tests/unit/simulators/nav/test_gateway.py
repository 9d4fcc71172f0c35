"""URLs find services, and plans find calls, without HTTP."""

from dataclasses import replace
from decimal import Decimal

import pytest

from orderwire.simulators.nav.chaos import FaultPlan
from orderwire.simulators.nav.gateway import Gateway, Reply, Request
from orderwire.simulators.nav.pages import PAGES
from orderwire.simulators.nav.slots import Pace
from orderwire.simulators.nav.world import World

COMPANY = "Northwind Tools Ltd."
ITEM = "/DynamicsNAV/WS/Northwind%20Tools%20Ltd./Page/Item"
ORDER = "/DynamicsNAV/WS/Northwind%20Tools%20Ltd./Page/SalesOrder"


@pytest.fixture
def gateway(world: World) -> Gateway:
    return Gateway(world, COMPANY, pace=Pace())


def call(path: str, operation: str, content: str = "", *, service: str = "item") -> Request:
    namespace = f"urn:microsoft-dynamics-schemas/page/{service}"
    body = (
        f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><{operation} xmlns="{namespace}">'
        f"{content}</{operation}></s:Body></s:Envelope>"
    )
    return Request("POST", path, "nav:7047", body.encode(), f'"{namespace}:{operation}"')


READ = call(ITEM, "Read", "<No>1001</No>")
CREATE = call(ORDER, "Create", "<SalesOrder><No>OW-1</No></SalesOrder>", service="salesorder")


def armed(gateway: Gateway, kind: str, **fields: object) -> Gateway:
    gateway.chaos.arm(FaultPlan.model_validate({"kind": kind, "seconds": 0, **fields}))
    return gateway


def test_get_on_the_endpoint_is_the_wsdl(gateway: Gateway) -> None:
    """No ?wsdl is needed, and the address in it is the one that was asked."""
    reply = gateway.handle(Request("GET", ITEM, "nav:7047"))
    assert reply.status == 200
    assert b'location="http://nav:7047/DynamicsNAV/WS/Northwind%20Tools%20Ltd./Page/Item"' in reply.body


@pytest.mark.parametrize("path", [ITEM, "/DynamicsNAV/WS/Page/Item", ITEM + "?tenant=default"])
def test_company_may_be_left_out(gateway: Gateway, path: str) -> None:
    """Without a company the default company answers; a tenant in the query changes nothing."""
    assert b"<No>1001</No>" in gateway.handle(replace(READ, path=path)).body


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        (ITEM.replace("Northwind", "northwind"), 500, b"NavCompanyNotFoundException"),
        (ITEM.replace("Item", "ItemCard"), 404, b'Service "Page/ItemCard" was not found!'),
        ("/DynamicsNAV/WS/Northwind%20Tools%20Ltd./Codeunit/Gateway", 404, b"Codeunit/Gateway"),
        ("/DynamicsNAV/WS/", 404, b""),
        ("/DynamicsNAV90/WS/Page/Item", 404, b""),
        ("/", 404, b""),
        ("//", 404, b""),
    ],
)
def test_wrong_addresses_are_refused(gateway: Gateway, path: str, status: int, text: bytes) -> None:
    """The company is case-sensitive; unknown services and instances are 404."""
    reply = gateway.handle(replace(READ, path=path))
    assert reply.status == status
    assert text in reply.body


def test_services_and_companies_are_listed(gateway: Gateway) -> None:
    """The list of services names each page; SystemService names the company unescaped."""
    listed = gateway.handle(Request("GET", "/DynamicsNAV/WS/Services", "nav:7047")).body
    assert listed.count(b"contractRef") == 1 + len(PAGES)
    body = READ.body.replace(b"page/item", b"nav/system/").replace(b"Read", b"Companies")
    answer = gateway.handle(Request("POST", "/DynamicsNAV/WS/SystemService", "nav", body))
    assert b"<return_value>Northwind Tools Ltd.</return_value>" in answer.body


def test_soap_action_must_not_contradict_the_body(gateway: Gateway) -> None:
    """A SOAPAction for another operation is a fault; none at all is let pass."""
    assert gateway.handle(replace(READ, soap_action='"urn:other:Read"')).status == 500
    assert gateway.handle(replace(READ, soap_action="")).status == 200


def test_other_methods_are_not_allowed(gateway: Gateway) -> None:
    """A service takes GET and POST."""
    assert gateway.handle(replace(READ, method="DELETE")).status == 405


def test_faults_are_http_500_in_nav_dress(gateway: Gateway) -> None:
    """A fault's code is a .NET type in NAV's error namespace, its text stands twice, and markup in it is escaped."""
    content = f"<SalesOrder><No>{'&lt;' * 30}</No></SalesOrder>"
    reply = gateway.handle(call(ORDER, "Create", content, service="salesorder"))
    assert reply.status == 500
    code = b"a:Microsoft.Dynamics.Nav.Types.Exceptions.NavNCLStringLengthExceededException"
    assert b'<faultcode xmlns:a="urn:microsoft-dynamics-schemas/error">' + code + b"</faultcode>" in reply.body
    assert reply.body.count(b"must be less than or equal to 20 characters") == 2
    assert b"&lt;" * 30 in reply.body


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("lock_timeout", b"a record in the Item table was locked by another user"),
        ("deadlock", b"The activity was deadlocked with another user who was modifying the Item table"),
    ],
)
def test_sql_faults_strike_before_anything_is_done(gateway: Gateway, kind: str, text: bytes) -> None:
    """Locks and deadlocks are faults once, then the call succeeds."""
    armed(gateway, kind)
    first = gateway.handle(READ)
    assert first.status == 500
    assert text in first.body
    assert gateway.handle(READ).status == 200


@pytest.mark.parametrize(
    ("kind", "status", "fate"),
    [("refused", 200, "dropped"), ("http_401", 401, "sent"), ("html_503", 503, "sent"), ("html_200", 200, "sent")],
)
def test_replies_of_others_do_nothing(gateway: Gateway, world: World, kind: str, status: int, fate: str) -> None:
    """A proxy, a portal or a closed door answers, and nothing was done."""
    reply = armed(gateway, kind, operation="Create").handle(CREATE)
    assert (reply.status, reply.fate) == (status, fate)
    assert ("OW-1",) not in world.orders.rows


@pytest.mark.parametrize(
    ("kind", "status", "fate"),
    [
        ("fault_after_commit", 500, "sent"),
        ("reply_lost", 200, "dropped"),
        ("hang_after_commit", 200, "sent"),
        ("truncated_reply", 200, "truncated"),
    ],
)
def test_some_faults_strike_after_the_commit(gateway: Gateway, world: World, kind: str, status: int, fate: str) -> None:
    """The order stands, whatever the caller hears."""
    reply = armed(gateway, kind).handle(CREATE)
    assert (reply.status, reply.fate) == (status, fate)
    assert world.commits[-1].order_no == "OW-1"


def test_fault_after_commit_says_what_it_is_told_to(gateway: Gateway) -> None:
    """The sentence can be chosen; by default a confirmation nobody can answer."""
    assert b"NavNCLCallbackNotAllowedException" in armed(gateway, "fault_after_commit").handle(CREATE).body
    again = replace(CREATE, body=CREATE.body.replace(b"OW-1", b"OW-2"))
    assert b"Out of paper" in armed(gateway, "fault_after_commit", text="Out of paper").handle(again).body


def test_another_user_buys_in_between(gateway: Gateway, world: World) -> None:
    """The purchase is committed right before the create."""
    armed(gateway, "buy_between", item_no="1002", quantity="8").handle(CREATE)
    assert [commit.by for commit in world.commits[-2:]] == ["user", "service"]
    assert world.available("1002") == Decimal(0)


def test_stale_key_makes_the_next_update_a_conflict(gateway: Gateway) -> None:
    """Another user saves the record first; read again, the update succeeds."""

    def update() -> Reply:
        body = gateway.handle(call(ORDER, "Read", "<No>SO-000001</No>", service="salesorder")).body.decode()
        key = body.partition("<Key>")[2].partition("</Key>")[0]
        content = f"<SalesOrder><Key>{key}</Key><External_Document_No>X</External_Document_No></SalesOrder>"
        return gateway.handle(call(ORDER, "Update", content, service="salesorder"))

    armed(gateway, "stale_key")
    assert b"Other user has modified" in update().body
    assert update().status == 200


def test_requests_are_counted(gateway: Gateway) -> None:
    """Counters name service and operation."""
    gateway.handle(READ)
    gateway.handle(READ)
    assert gateway.counters["Item.Read"] == 2
    assert gateway.counters["most_at_once"] == 1


def test_calls_are_logged_with_their_outcome(gateway: Gateway) -> None:
    """Of each call the log says which record it spoke of and what the caller got."""
    gateway.handle(READ)
    armed(gateway, "reply_lost")
    gateway.handle(CREATE)
    gateway.handle(CREATE)
    armed(gateway, "status", status=504)
    gateway.handle(READ)
    told = [(call["operation"], call["no"], call["outcome"]) for call in gateway.calls.told()]
    assert told == [
        ("Read", "1001", "ok"),
        ("Create", "OW-1", "lost"),
        ("Create", "OW-1", "NavCSideDuplicateKeyException"),
        ("Read", "1001", "http 504"),
    ]


def test_a_call_by_key_is_logged_by_its_record(gateway: Gateway) -> None:
    """An update names no number: its Key does."""
    body = gateway.handle(call(ORDER, "Read", "<No>SO-000001</No>", service="salesorder")).body.decode()
    key = body.partition("<Key>")[2].partition("</Key>")[0]
    gateway.handle(call(ORDER, "Delete", f"<Key>{key}</Key>", service="salesorder"))
    (deleted,) = gateway.calls.told(operation="Delete")
    assert (deleted["no"], deleted["outcome"]) == ("SO-000001", "ok")


def test_any_fault_of_navs_can_be_had(gateway: Gateway) -> None:
    """Every exception has its name and sentence, and nothing is done."""
    armed(gateway, "fault", exception="NavCSideDataException", text="The data is not well.")
    refused = gateway.handle(CREATE)
    assert refused.status == 500
    assert b"Types.Exceptions.NavCSideDataException" in refused.body
    assert gateway.handle(CREATE).status == 200
