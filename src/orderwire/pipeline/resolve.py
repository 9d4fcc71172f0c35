"""From the buyer's lines to NAV's items and units: everything that can be settled before stock is asked for."""

from orderwire.canonical.order import OrderLine, PurchaseOrder
from orderwire.canonical.party import PartyRole
from orderwire.config.profile import PartnerProfile, ShortagePolicy
from orderwire.errors import MappingError
from orderwire.mapping.items import gtin, known_item_no
from orderwire.mapping.units import base_per_unit, in_range, rounded, to_base, to_erp_unit
from orderwire.pipeline.plan import Plan, PlannedLine, our_number
from orderwire.pipeline.retrying import patiently
from orderwire.ports.erp import Erp, ErpItem


def resolve(order: PurchaseOrder, partner: PartnerProfile, erp: Erp) -> Plan:
    """Return a plan in which every line has its item and wanted base quantity, or the reason why it is refused.

    Raises:
        MappingError: our own configuration is short of something: the customer, a unit code.
        TransientError, OutageError, ContractError: as the ERP port.
    """
    customer_no = _customer_no(order, partner)
    customer = patiently(lambda: erp.customer(customer_no))
    if customer is None:
        raise MappingError("NAV has no such customer", customer_no=customer_no)
    items = _items(order, partner, erp)
    lines = tuple(_line(line, item, partner) for line, item in zip(order.lines, items, strict=True))
    return Plan(customer_no=customer.no, location=partner.location, lines=lines)


def _customer_no(order: PurchaseOrder, partner: PartnerProfile) -> str:
    """Return NAV's customer: a branch that codes/parties.csv gives a number of its own, or the partner's one."""
    buyer = order.party(PartyRole.BUYER)
    return (our_number(buyer, partner) if buyer else None) or partner.customer_no


def substitutes_for(plan: Plan, partner: PartnerProfile, erp: Erp) -> dict[str, str]:
    """Return the substitutes that are sold in the unit that was ordered."""
    if partner.shortage is not ShortagePolicy.SUBSTITUTE:
        return {}
    nos = [line.item_no for line in plan.lines if line.item_no]
    named = {no: partner.substitutes[no] for no in nos if no in partner.substitutes}
    items = patiently(lambda: erp.items(set(named.values()))) if named else {}
    fits = {}
    for line in plan.lines:
        instead = items.get(named.get(line.item_no or "", ""))
        if line.item_no and instead and not instead.blocked and base_per_unit(line.erp_unit, instead) == line.factor:
            fits[line.item_no] = instead.no
    return fits


def _items(order: PurchaseOrder, partner: PartnerProfile, erp: Erp) -> list[ErpItem | None]:
    """Return the item of each line; None where NAV does not know it."""
    nos = [known_item_no(line, partner) for line in order.lines]
    asked = {no for no in nos if no}
    by_no = patiently(lambda: erp.items(asked)) if asked else {}
    left = {code for line, no in zip(order.lines, nos, strict=True) if no not in by_no and (code := gtin(line))}
    by_gtin = patiently(lambda: erp.items_by_gtin(left)) if left else {}
    return [by_no.get(no or "") or by_gtin.get(gtin(line) or "") for line, no in zip(order.lines, nos, strict=True)]


def _line(line: OrderLine, item: ErpItem | None, partner: PartnerProfile) -> PlannedLine:
    if item is None:
        return PlannedLine(line_no=line.line_no, reason="unknown_item")
    known = PlannedLine(line_no=line.line_no, item_no=item.no, base_unit=item.base_unit)
    if item.blocked:
        return known.model_copy(update={"reason": "item_blocked"})
    try:
        erp_unit = to_erp_unit(line.unit, item, partner)
    except MappingError as error:
        raise MappingError(error.message, **error.facts, line_no=line.line_no) from None
    factor = base_per_unit(erp_unit, item)
    if factor is None:
        return known.model_copy(update={"reason": "unit_not_sold"})
    if not in_range(line.quantity, factor):
        return known.model_copy(update={"reason": "quantity_out_of_range"})
    ordered = rounded(line.quantity)
    wanted = to_base(ordered, factor)
    return known.model_copy(update={"erp_unit": erp_unit, "factor": factor, "ordered": ordered, "wanted": wanted})
