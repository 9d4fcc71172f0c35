"""NAV as the pipeline sees it: the `Erp` port over the page services."""

import time
from collections.abc import Callable, Collection, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from orderwire.canonical.stock import StockFigure, StockKey
from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.contract import published_as
from orderwire.connectors.nav.customers import read_customer
from orderwire.connectors.nav.follow import NavFollower
from orderwire.connectors.nav.gateway import Gateway
from orderwire.connectors.nav.items import ItemReader
from orderwire.connectors.nav.lanes import Lanes, Monotonic
from orderwire.connectors.nav.memory import Memory
from orderwire.connectors.nav.order_changes import OrderChanges
from orderwire.connectors.nav.orders import Orders
from orderwire.connectors.nav.page import PageService
from orderwire.connectors.nav.pins import Pins
from orderwire.connectors.nav.posted import PostedOrders
from orderwire.connectors.nav.stock import StockReader
from orderwire.connectors.nav.wants import Page
from orderwire.errors import ContractError, OutageError, TransientError
from orderwire.ports.clock import Clock, system_clock
from orderwire.ports.erp import ErpCustomer, ErpItem, ErpOrder, SalesOrderDraft, SalesOrderEdit

#: A number that no customer has: NAV answers with nothing, and shows that it, its database and our account are there.
_NOBODY = "ORDERWIRE-PING"


class NavErp:
    """Implements `orderwire.ports.erp.Erp`. Thread-safe; nothing is sent before the first call."""

    def __init__(
        self,
        nav: NavSettings,
        clock: Clock = system_clock,
        monotonic: Monotonic = time.monotonic,
        accepted: Callable[[], bool] = lambda: False,
        data_dir: Path | None = None,
    ) -> None:
        self._nav = nav
        self._lanes = Lanes(nav, monotonic)
        pages = {
            page: PageService(page, name, nav, self._lanes, monotonic, pins=Pins(data_dir, nav))
            for page in Page
            if (name := published_as(page, nav)) is not None
        }
        self._pages = pages
        items, self._customers, sales_orders = pages[Page.ITEM], pages[Page.CUSTOMER], pages[Page.SALES_ORDER]
        shipments = pages.get(Page.POSTED_SHIPMENT)
        posted = PostedOrders(shipments, nav) if shipments else None
        self._stock = StockReader(pages, nav, clock, self.items, accepted)
        self._items = ItemReader(items, pages.get(Page.ITEM_UNITS), nav)
        self._known_items = Memory[ErpItem](nav.master_data_seconds, monotonic)
        self._known_gtins = Memory[ErpItem](nav.master_data_seconds, monotonic)
        self._known_customers = Memory[ErpCustomer](nav.master_data_seconds, monotonic)
        self._orders = Orders(sales_orders, posted, nav, self._customer_name)
        self._gateway = Gateway(nav, self._lanes, clock, monotonic, pins=Pins(data_dir, nav))
        self._changes = OrderChanges(sales_orders, self._orders, posted)

    @property
    def production(self) -> bool:
        """Whether this is a company that must never see a test document."""
        return self._nav.production

    def ping(self) -> None:
        """Return if NAV answers a question, and all pages and the codeunit are as they must be."""
        try:
            self.customer(_NOBODY)
            for page in self._pages.values():
                if page.needed:
                    page.contract()
            self._gateway.published()
        except (TransientError, ContractError) as error:
            raise OutageError(f"NAV does not answer: {error.message}", **error.facts) from error

    def stock(self, keys: Collection[StockKey], until: date | None = None) -> Mapping[StockKey, StockFigure]:
        """Read live figures; questions asked at the same time are put together."""
        return self._stock.stock(keys, until)

    def items(self, nos: Collection[str]) -> Mapping[str, ErpItem]:
        """Read items by NAV number; they are remembered for `nav.master_data_seconds`."""
        return self._known_items.read(nos, self._items.items)

    def items_by_gtin(self, gtins: Collection[str]) -> Mapping[str, ErpItem]:
        """Read items by GTIN; they are remembered for `nav.master_data_seconds`."""
        return self._known_gtins.read(gtins, self._items.items_by_gtin)

    def customer(self, no: str, *, live: bool = False) -> ErpCustomer | None:
        """Read a customer by NAV number; unless `live`, remembered for `nav.master_data_seconds`."""
        if live:
            return read_customer(self._customers, no)
        return self._known_customers.read([no], self._ask_for_customers).get(no)

    def find_order(self, draft: SalesOrderDraft) -> ErpOrder | None:
        """Return the sales order that the draft made."""
        return self._orders.find(draft)

    def create_order(self, draft: SalesOrderDraft) -> ErpOrder:
        """Create the order with all its lines in one call: by the gateway codeunit if it is published.

        The codeunit takes no delivery address; an order with one goes by the page, and is checked afterwards.
        """
        by_gateway = draft.ship_to is None and self._gateway.published()
        return self._gateway.place(draft) if by_gateway else self._orders.create(draft)

    def set_quantities(self, no: str, quantities: Mapping[int, Decimal]) -> ErpOrder | None:
        """Set quantities by NAV line number."""
        return self._changes.change(no, SalesOrderEdit(quantities=quantities))

    def change_order(self, no: str, edit: SalesOrderEdit) -> ErpOrder | None:
        """Make an order what the edit wants."""
        return self._changes.change(no, edit)

    def follower(self) -> NavFollower:
        """Return what reads NAV for changes, over the same lanes."""
        return NavFollower(self._pages, self._nav)

    def _customer_name(self, no: str) -> str:
        customer = self.customer(no)
        return customer.name if customer else ""

    def _ask_for_customers(self, nos: set[str]) -> dict[str, ErpCustomer]:
        return {no: customer for no in nos if (customer := read_customer(self._customers, no)) is not None}

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._lanes.close()
