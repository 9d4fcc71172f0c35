"""One look at stock: items whose figure moved are told of, and reports go to the partners that want them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from orderwire.canonical.envelope import Event, EventType, event_id
from orderwire.canonical.inventory import FigureKind, InventoryFigure, InventoryLine, InventoryReport
from orderwire.canonical.order import Channel, ItemId
from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.config.profile import PartnerProfile
from orderwire.errors import ContractError, ImplausibleError, OrderwireError
from orderwire.pipeline.follow_watch import Looked, Watch
from orderwire.pipeline.work import Source, next_event
from orderwire.ports.following import Cursor
from orderwire.ports.store import Transaction

CURSOR: Final = "stock"
#: In a partner's cursor: NAV could not say what the last report was to say.
_OWED: Final = "owed"


@dataclass(frozen=True)
class _Report:
    """What a partner is to be told."""

    partner: PartnerProfile
    lines: tuple[InventoryLine, ...] | None  # None: NAV cannot say it


@dataclass(frozen=True)
class StockLook:
    watch: Watch

    def look(self, fence: int) -> Looked:
        """Read the next items of the list. The first figure of an item is no news. Raises as `Follower` and `Erp`."""
        watch, now = self.watch, self.watch.clock()
        cursor = watch.cursor(CURSOR) or Cursor(CURSOR)
        if cursor.resume is None:
            cursor = replace(cursor, turned_at=now)
        nos = watch.follower.item_nos(after=cursor.resume or "", limit=watch.rules.rows)
        figures = watch.erp.stock([StockKey(item_no=no) for no in nos]) if nos else {}
        cursor = replace(cursor, resume=nos[-1] if len(nos) >= watch.rules.rows else None)
        with watch.store.begin() as tx:
            before = tx.following.figures(figures)
        moved = [figure for key, figure in figures.items() if key in before and _moved(before[key], figure)]
        reports, problem = self._reports({figure.key.item_no for figure in moved})
        told: list[Event] = []
        with watch.store.begin() as tx:
            tx.following.hold(fence)
            for figure in moved:
                told.append(_changed(figure, watch))
                tx.outbox.add(told[-1], cause=None)
            tx.following.put_figures([*moved, *(figure for key, figure in figures.items() if key not in before)])
            tx.following.save_cursor(cursor)
            told += [event for report in reports for event in self._told(tx, report)]
        return Looked(told, problem=problem)

    def _reports(self, moved: Collection[str]) -> tuple[list[_Report], OrderwireError | None]:
        """Read what each partner that is due is to be told: on change what moved of its items, by schedule all of them.

        All is read before anything is committed, so that an outage loses no move; what NAV cannot say to one partner
        keeps no other back.
        """
        reports: list[_Report] = []
        problem: OrderwireError | None = None
        for partner in self.watch.partners.all():
            wanted = self._wanted(partner, moved)
            if not wanted:
                continue
            try:
                reports.append(_Report(partner, self._lines(partner, wanted)))
            except (ContractError, ImplausibleError) as error:
                reports.append(_Report(partner, None))
                problem = problem or type(error)(error.message, **{**error.facts, "partner": partner.key})
        return reports, problem

    def _wanted(self, partner: PartnerProfile, moved: Collection[str]) -> dict[str, tuple[ItemId, ...]]:
        """Return the items to report now, with the partner's numbers of each."""
        if partner.inventory is None:
            return {}
        listed: dict[str, tuple[ItemId, ...]] = {}
        for (scheme, value), no in partner.items.items():
            listed[no] = (*listed.get(no, ()), ItemId(scheme=scheme, value=value))
        cursor = self.watch.cursor(_report_cursor(partner))
        if partner.inventory.every_hours is None:
            owed = cursor is not None and cursor.resume == _OWED
            return listed if owed else {no: ids for no, ids in listed.items() if no in moved}
        every = timedelta(hours=float(partner.inventory.every_hours))
        due = cursor is None or cursor.turned_at is None or self.watch.clock() - cursor.turned_at >= every
        return listed if due else {}

    def _lines(self, partner: PartnerProfile, wanted: Mapping[str, tuple[ItemId, ...]]) -> tuple[InventoryLine, ...]:
        keys = [StockKey(item_no=no, location=partner.location) for no in sorted(wanted)]
        figures = self.watch.erp.stock(keys)
        return tuple(
            _line(str(number), wanted[key.item_no], figures[key], partner)
            for number, key in enumerate((key for key in keys if key in figures), start=1)
        )

    def _told(self, tx: Transaction, report: _Report) -> list[Event]:
        """Keep when the partner was told; one that could not be is told of all its items once it can."""
        now, partner = self.watch.clock(), report.partner
        if report.lines is None:
            before = tx.following.cursor(_report_cursor(partner)) or Cursor(_report_cursor(partner))
            tx.following.save_cursor(replace(before, resume=_OWED))
            return []
        tx.following.save_cursor(Cursor(_report_cursor(partner), turned_at=now))
        if not report.lines:
            return []
        number = f"{now:%Y%m%d}-{tx.journal.next_number(f'inventory:{partner.key}')}"
        document_id = event_id(f"stock:{partner.key}:{number}", 0, "report")
        body = InventoryReport(
            partner=partner.key, channel=_channel(partner), report_no=number, reported_on=now.date(), lines=report.lines
        )
        source = Source(document_id, document_id, partner.key)
        event = next_event(EventType.STOCK_REPORTED, body, source, now, subject=number)
        tx.outbox.add(event, cause=None)
        return [event]


def _report_cursor(partner: PartnerProfile) -> str:
    return f"inventory.{partner.key}"


def _channel(partner: PartnerProfile) -> Channel:
    return Channel.EDI if partner.edi else Channel.API


def _moved(before: StockFigure, now: StockFigure) -> bool:
    return (before.available, before.safety_stock) != (now.available, now.safety_stock)


def _changed(figure: StockFigure, watch: Watch) -> Event:
    """Make the event; what moved to and fro has an id for each time."""
    key = figure.key
    document_id = event_id(f"stock:{key.item_no}:{key.location}:{key.variant}", 0, "item")
    source, now = Source(document_id, document_id), watch.clock()
    step = f"{EventType.STOCK_CHANGED.value}:{now.isoformat()}"
    return next_event(EventType.STOCK_CHANGED, figure, source, now, subject=key.item_no, step=step)


def _line(number: str, ids: Iterable[ItemId], figure: StockFigure, partner: PartnerProfile) -> InventoryLine:
    """Report what the partner may order: never less than nothing."""
    unit = next((code for code, erp_unit in partner.units.items() if erp_unit == figure.base_unit), None)
    told = InventoryFigure(kind=FigureKind.ACTUAL, quantity=max(figure.free, Decimal(0)), unit=unit)
    return InventoryLine(line_no=number, item_ids=tuple(ids), figures=(told,))
