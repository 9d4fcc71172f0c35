"""Whether an answer about stock is believed."""

import os
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from orderwire.config.nav import NavStockSettings
from orderwire.connectors.nav import plausibility
from orderwire.connectors.nav.plausibility import ACCEPTED_SECONDS, Acceptance, Plausibility
from orderwire.errors import ImplausibleError

Told = Mapping[str, Decimal | None]


def told(inventory: int | None, nos: Collection[int]) -> dict[str, Decimal | None]:
    return {str(no): None if inventory is None else Decimal(inventory) for no in nos}


class Nav:
    """What a control question is answered with."""

    def __init__(self, stock: Told | None = None) -> None:
        self.stock: Told = stock or {}
        self.asked: list[Collection[str]] = []

    def ask(self, keys: Collection[str]) -> Told:
        self.asked.append(keys)
        return {key: self.stock.get(key) for key in keys}


def judge(*, accepted: bool = False, **settings: int | bool) -> Plausibility[str]:
    return Plausibility(NavStockSettings.model_validate({"sudden_loss_sample": 10, **settings}), lambda: accepted)


@pytest.mark.parametrize("gone", [0, -3, None])
def test_all_gone_is_held(gone: int | None) -> None:
    """Nothing in stock, less than nothing, and no such item any more are all the same."""
    stock = judge()
    stock.judge(told(5, range(10)), Nav().ask)
    with pytest.raises(ImplausibleError):
        stock.judge(told(gone, range(10)), Nav().ask)


@pytest.mark.parametrize(("left", "held"), [(1, True), (2, False)])
def test_nine_in_ten_are_nearly_all(left: int, *, held: bool) -> None:
    """With 90 of 100 the answer is held at 18 of 20, not at fewer."""
    stock = judge()
    stock.judge(told(5, range(20)), Nav().ask)
    answer = told(0, range(20)) | told(5, range(left + 1))
    if held:
        with pytest.raises(ImplausibleError):
            stock.judge(answer, Nav().ask)
    else:
        stock.judge(answer, Nav().ask)


def test_few_items_prove_nothing() -> None:
    """With less than the sample known to have had stock every answer is believed."""
    stock, nav = judge(), Nav()
    stock.judge(told(5, range(9)), nav.ask)
    stock.judge(told(0, range(9)), nav.ask)


def test_no_control_question_while_nothing_is_lost() -> None:
    """A question costs a second one only when something is gone that was there."""
    stock, nav = judge(), Nav()
    stock.judge(told(5, range(20)) | told(0, range(20, 25)), nav.ask)
    stock.judge(told(5, range(20)) | told(0, range(20, 25)), nav.ask)
    assert nav.asked == []


def test_the_control_sample_is_what_was_seen_last() -> None:
    """The sample is of items that had stock and were not asked for, the latest first; sold-out ones are none."""
    stock, nav = judge(), Nav(told(5, range(100)))
    stock.judge(told(5, range(30)) | told(0, range(30, 60)), nav.ask)
    stock.judge(told(0, [3]), nav.ask)
    assert nav.asked == [[str(no) for no in range(29, 19, -1)]]


def test_a_loss_that_was_believed_is_not_news() -> None:
    """Once it is known that an item has sold out, nothing is asked besides."""
    stock, nav = judge(), Nav(told(5, range(30)))
    stock.judge(told(5, range(30)), nav.ask)
    stock.judge(told(0, [3]), nav.ask)
    stock.judge(told(0, [3]), nav.ask)
    assert len(nav.asked) == 1


def test_a_held_answer_is_not_remembered() -> None:
    """What is held changes nothing: the same answer is held again, and one with the stock back is believed."""
    stock, nav = judge(), Nav()
    stock.judge(told(5, range(10)), nav.ask)
    for _ in range(2):
        with pytest.raises(ImplausibleError):
            stock.judge(told(0, range(10)), nav.ask)
    stock.judge(told(5, range(10)), nav.ask)


def test_an_accepted_answer_is_remembered() -> None:
    """What somebody vouched for is believed from then on."""
    accepting = True
    stock = Plausibility[str](NavStockSettings(sudden_loss_sample=10), lambda: accepting)
    stock.judge(told(5, range(10)), Nav().ask)
    stock.judge(told(0, range(10)), Nav().ask)
    accepting = False
    stock.judge(told(0, range(10)), Nav().ask)


def test_a_first_answer_of_nothing_but_zeros_is_held() -> None:
    """Without any memory, many items and not one in stock is no answer; items that NAV does not know say nothing."""
    stock, nav = judge(), Nav()
    with pytest.raises(ImplausibleError):
        stock.judge(told(0, range(10)), nav.ask)
    stock.judge(told(None, range(100, 200)), nav.ask)
    stock.judge(told(0, range(10)) | told(1, [11]), nav.ask)


def test_it_can_be_switched_off() -> None:
    """Who does not want it believes everything."""
    stock = judge(hold_sudden_loss=False)
    stock.judge(told(5, range(20)), Nav().ask)
    stock.judge(told(0, range(20)), Nav().ask)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest is forgotten first."""
    monkeypatch.setattr(plausibility, "CAPACITY", 15)
    stock, nav = judge(), Nav(told(5, range(30)))
    stock.judge(told(5, range(30)), nav.ask)
    stock.judge(told(0, [20]), nav.ask)
    assert nav.asked == [[str(no) for no in (*range(29, 20, -1), 19)]]


def test_acceptance_holds_for_an_hour(tmp_path: Path) -> None:
    """A person's word holds for the processes of the machine, for an hour; without it nothing is accepted."""
    now = 1_000_000.0
    accepted = Acceptance(tmp_path / "var", lambda: now)
    assert not accepted()
    accepted.give()
    os.utime(tmp_path / "var" / "nav-stock-accepted", (now, now))
    assert accepted()
    now += ACCEPTED_SECONDS
    assert not accepted()
