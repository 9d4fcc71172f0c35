"""Parsing a stock answer of 100 items: ours to records and their figures, zeep's to its objects."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Any

import zeep
from requests import Response

from benchmarks.measure import Result, interleave, ratios
from benchmarks.nav_company import ITEMS, Company
from benchmarks.nav_orders import bare_session, post, stock_question
from orderwire.canonical.stock import StockKey
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav import soap
from orderwire.connectors.nav.connection import Reply
from orderwire.connectors.nav.faults import Call
from orderwire.connectors.nav.lanes import Lanes
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.reads import code, decimal_of, plain
from orderwire.connectors.nav.stock import StockReader
from orderwire.connectors.nav.wants import Page

COUNT = 100
TIMES = 50


class _Recorded(Lanes):
    """Answers each call with one recorded answer, so that only our own work is measured."""

    def __init__(self, nav: NavSettings, wsdl: bytes, answer: bytes) -> None:
        super().__init__(nav)
        self._wsdl, self._answer = Reply(200, wsdl), Reply(200, answer)

    def get(self, call: Call, url: str) -> Reply:  # noqa: ARG002  as the lanes
        return self._wsdl

    def post(self, call: Call, url: str, action: str, body: bytes) -> Reply:  # noqa: ARG002  as the lanes
        return self._answer


def parsing(company: Company, repetitions: int) -> list[Result]:
    """Measure, print, and return the result."""
    session = bare_session(company)
    wsdl = session.get(f"{company.url}/Northwind%20Tools%20Ltd./Page/Item", timeout=30).content
    answer = post(session, company, "Item", "ReadMultiple", stock_question(ITEMS[:COUNT]))
    work = {
        "ours": lambda: _parsed(answer), "zeep": _zeeps(session, company, answer),
        "whole": _answered(company, wsdl, answer),
    }  # fmt: skip
    spreads = interleave({name: _repeated(each) for name, each in work.items()}, repetitions)
    ratio, least, greatest = ratios(spreads["ours"], spreads["zeep"])
    mine, theirs, whole = (spreads[name].median / TIMES * 1000 for name in ("ours", "zeep", "whole"))
    peer_name = f"zeep {version('zeep')}"
    print(f"  parse of a {COUNT}-item stock answer ({len(answer) / 1000:.0f} kB), CPU time:")
    print(f"    to records with their figures: {mine:.2f} ms; {peer_name} to its objects: {theirs:.2f} ms")
    print(f"    {ratio:.1f} times as fast (least {least:.1f}, greatest {greatest:.1f})")
    print(f"    the whole question, from keys to checked and plausible figures, without the network: {whole:.2f} ms\n")
    return [
        Result("nav", "parse of a stock answer", "ms", round(mine, 3), peer_name, round(theirs, 3), round(ratio, 2))
    ]


def _repeated(work: Callable[[], int]) -> Callable[[], int]:
    return lambda: sum(work() for _ in range(TIMES))


def _parsed(answer: bytes) -> int:
    result = soap.parse(answer)
    if isinstance(result, soap.Fault):
        raise SystemExit(result.text)
    records = [plain(record) for listed in result for record in listed]
    return sum(
        decimal_of(row, "Inventory") > decimal_of(row, "Qty_on_Sales_Order") for row in records if code(row["No"])
    )


def _answered(company: Company, wsdl: bytes, answer: bytes) -> Callable[[], int]:
    nav = company.settings
    page = PageService(Page.ITEM, "Item", nav, _Recorded(nav, wsdl, answer), time.monotonic)
    reader = StockReader({Page.ITEM: page}, nav, lambda: datetime.now(UTC), lambda _nos: {})
    keys = [StockKey(item_no=no) for no in ITEMS[:COUNT]]
    return lambda: sum(figure.inventory > Decimal(0) for figure in reader.stock(keys).values())


def _zeeps(session: Any, company: Company, answer: bytes) -> Callable[[], int]:
    # zeep is not typed.
    make: Any = zeep.Client
    transport: Any = zeep.Transport
    address = f"{company.url}/Northwind%20Tools%20Ltd./Page/Item"
    client = make(address, transport=transport(session=session))
    operation = client.service._binding.get("ReadMultiple")  # noqa: SLF001  only here it parses without a network
    response = Response()
    response.status_code, response._content = 200, answer  # noqa: SLF001  a recorded answer
    response.headers["Content-Type"] = "text/xml; charset=utf-8"

    def parse() -> int:
        reply = client.service._binding.process_reply(client, operation, response)  # noqa: SLF001  as above
        return sum(item.Inventory > item.Qty_on_Sales_Order for item in reply)

    return parse
