"""Stock questions of many requests, put together."""

import asyncio
import threading
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, cast

import pytest

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.errors import ContractError, OrderwireError, OutageError
from orderwire.web.desk import Desk
from records import NOON
from waiting import PATIENCE_SECONDS

if TYPE_CHECKING:
    from orderwire.ports.erp import Erp


class Nav:
    """Answers what it is asked, each call when it is let through; `wrong` items it cannot tell."""

    def __init__(self, error: OrderwireError | None = None, wrong: str = "") -> None:
        self.calls: list[list[str]] = []
        self.arrived = threading.Event()
        self.open = threading.Semaphore(0)
        self.failure, self.wrong = error, wrong

    def stock(self, keys: Collection[StockKey]) -> Mapping[StockKey, StockFigure]:
        self.calls.append(sorted(key.item_no for key in keys))
        self.arrived.set()
        assert self.open.acquire(timeout=PATIENCE_SECONDS)
        if self.failure and (not self.wrong or self.wrong in self.calls[-1]):
            raise self.failure
        return {
            key: StockFigure(
                key=key, inventory=Decimal(len(self.calls)), on_sales_orders=Decimal(0), base_unit="PCS", as_of=NOON,
                source="nav:Item",
            )
            for key in keys
        }  # fmt: skip


def ask(nav: Nav, first: str, *others: str) -> list[Decimal | BaseException]:
    """Ask for an item, and for the others while that call is under way; return the figures, or what was raised."""

    async def one(desk: Desk, no: str) -> Decimal:
        key = StockKey(item_no=no)
        return (await desk.read([key]))[key].inventory

    async def all_of_them() -> list[Decimal | BaseException]:
        desk = Desk(cast("Erp", nav), apart_seconds=0.001)
        tasks = [asyncio.create_task(one(desk, first))]
        assert await asyncio.to_thread(nav.arrived.wait, PATIENCE_SECONDS)
        tasks += [asyncio.create_task(one(desk, no)) for no in others]
        await asyncio.sleep(0)
        nav.open.release(1000)
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(all_of_them())


def test_two_hundred_questions_are_two_calls() -> None:
    """Whoever asks while a call is under way is served by the next one, and never by that one."""
    nav = Nav()
    assert ask(nav, "0", *map(str, range(1, 200))) == [Decimal(1), *[Decimal(2)] * 199]
    assert [len(call) for call in nav.calls] == [1, 199]


def test_one_bad_question_harms_no_other() -> None:
    """What fails together is asked one by one; only who asked for it hears of it."""
    nav = Nav(ContractError("no service tells this"), wrong="bad")
    answers = ask(nav, "1", "2", "bad")
    assert [type(answer) for answer in answers] == [Decimal, Decimal, ContractError]
    assert sorted(nav.calls[2:]) == [["2"], ["bad"]]


def test_an_outage_is_told_to_all_at_once() -> None:
    """Nobody asks again what nobody can answer."""
    nav = Nav(OutageError("NAV is away"))
    assert {type(answer) for answer in ask(nav, "1", "2", "3")} == {OutageError}
    assert len(nav.calls) == 2


def test_who_has_gone_takes_nobody_along() -> None:
    """A request that is broken off leaves the call to those who share it."""

    async def both() -> Mapping[StockKey, StockFigure]:
        nav = Nav()
        desk, key = Desk(cast("Erp", nav)), StockKey(item_no="1")
        gone, stays = asyncio.create_task(desk.read([key])), asyncio.create_task(desk.read([key]))
        assert await asyncio.to_thread(nav.arrived.wait, PATIENCE_SECONDS)
        gone.cancel()
        nav.open.release()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert len(asyncio.run(both())) == 1
