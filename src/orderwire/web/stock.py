"""Live stock. There is no cache: a figure is NAV's, of this moment, or there is none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from orderwire.canonical.model import Canonical, Instant, SignedQuantity
from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.pipeline.retrying import patiently
from orderwire.web.context import PREFIX, Context, Shared
from orderwire.web.credentials import Caller
from orderwire.web.desk import MOST_KEYS
from orderwire.web.problems import Problem

router = APIRouter(prefix=PREFIX, tags=["stock"])

#: Item numbers in one call.
MAX_ITEMS = 200

ItemNo = Annotated[str, Field(min_length=1, max_length=20)]  # NAV: Code[20]
Gtin = Annotated[str, Field(pattern=r"^(\d{8}|\d{12,14})$")]
PlaceCode = Annotated[str, Query(max_length=10)]  # NAV: Code[10]


class StockItem(Canonical):
    item_no: str = Field(description="NAV's number")
    gtin: str | None = Field(default=None, description="As asked for")
    location: str = Field(description="NAV location code; empty: all locations")
    variant: str = Field(description="NAV variant code; empty: none")
    available: SignedQuantity = Field(description="Inventory + receipts - on sales orders, in `base_unit`")
    inventory: SignedQuantity
    on_sales_orders: SignedQuantity
    receipts: SignedQuantity = Field(description="Expected in time and counted in")
    base_unit: str
    as_of: Instant = Field(description="When NAV said so")
    source: str


class StockAnswer(Canonical):
    items: tuple[StockItem, ...]
    unknown: tuple[str, ...] = Field(description="Numbers that NAV does not know, as asked for")


@dataclass(frozen=True, slots=True)
class Aspect:
    """Which stock of an item: where, and by when."""

    location: Annotated[PlaceCode | None, Query(description="NAV location code; left out: the partner's own")] = None
    variant: Annotated[PlaceCode, Query(description="NAV variant code")] = ""
    until: Annotated[date | None, Query(description="Count receipts in that are expected up to this day")] = None

    def key(self, item_no: str, at_home: str) -> StockKey:
        where = at_home if self.location is None else self.location
        return StockKey(item_no=item_no, location=where, variant=self.variant)


@router.get("/stock", summary="Live stock of items")
async def read_stock(
    context: Shared,
    partner: Caller,
    aspect: Annotated[Aspect, Depends(Aspect)],
    item: Annotated[list[ItemNo], Query(max_length=MAX_ITEMS, description="NAV item number; repeatable")] = [],  # noqa: B006  FastAPI copies it
    gtin: Annotated[list[Gtin], Query(max_length=MAX_ITEMS, description="GTIN; repeatable")] = [],  # noqa: B006  FastAPI copies it
) -> StockAnswer:
    """Read live figures from NAV, of the partner's own location or another one; 503 while NAV is away.

    A location, a variant or a day that this NAV cannot answer for is refused with code `erp_contract`.
    """
    if not 1 <= len(item) + len(gtin) <= MAX_ITEMS:
        raise Problem(422, "invalid", f"from 1 to {MAX_ITEMS} items can be asked for", errors=[])
    by_gtin = await context.live.run(lambda: patiently(lambda: context.erp.items_by_gtin(set(gtin)))) if gtin else {}
    pairs: list[tuple[str, str | None, str]] = [(no, None, no) for no in dict.fromkeys(item)]
    pairs += [(code, code, by_gtin[code].no) for code in dict.fromkeys(gtin) if code in by_gtin]
    asked = [(name, code, aspect.key(no, partner.location)) for name, code, no in pairs]
    figures = await _figures(context, {key for _, _, key in asked}, aspect)
    unknown = [no for no, _, key in asked if key not in figures]
    return StockAnswer(
        items=tuple(_item(figures[key], code) for _, code, key in asked if key in figures),
        unknown=(*unknown, *(code for code in dict.fromkeys(gtin) if code not in by_gtin)),
    )


async def _figures(context: Context, keys: Collection[StockKey], aspect: Aspect) -> Mapping[StockKey, StockFigure]:
    """Read figures: with those of other requests where the question is small and plain, else by itself."""
    if not keys:
        return {}
    if len(keys) <= MOST_KEYS and not aspect.variant and aspect.until is None:
        return await context.desk.read(keys)
    return await context.live.run(lambda: patiently(lambda: context.erp.stock(keys, aspect.until)))


def _item(figure: StockFigure, gtin: str | None) -> StockItem:
    return StockItem(
        item_no=figure.key.item_no,
        gtin=gtin,
        location=figure.key.location,
        variant=figure.key.variant,
        available=figure.available,
        inventory=figure.inventory,
        on_sales_orders=figure.on_sales_orders,
        receipts=figure.receipts,
        base_unit=figure.base_unit,
        as_of=figure.as_of,
        source=figure.source,
    )
