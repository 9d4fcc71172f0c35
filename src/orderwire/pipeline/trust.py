"""Whether a customer may have what it orders: blocked, beyond its credit, overdue."""

from dataclasses import dataclass
from decimal import Decimal

from orderwire.config.profile import PartnerProfile
from orderwire.config.trading import TrustPolicy
from orderwire.errors import MappingError
from orderwire.pipeline.plan import Plan
from orderwire.pipeline.retrying import patiently
from orderwire.ports.erp import Erp, ErpCustomer


@dataclass(frozen=True)
class Distrust:
    """What speaks against an order, and what the partner's profile says about that."""

    reason: str  # customer_blocked, credit_limit, overdue
    policy: TrustPolicy


def distrust(plan: Plan, partner: PartnerProfile, erp: Erp) -> Distrust | None:
    """Return what speaks against the order, what refuses it before what holds it; None: nothing that matters.

    Raises:
        MappingError: NAV does not know the customer, or its page does not show what the profile asks for.
        TransientError, OutageError, ContractError: as the ERP port.
    """
    trust = partner.trust
    if {trust.blocked, trust.credit_limit, trust.overdue} == {TrustPolicy.IGNORE}:
        return None
    figures = {trust.credit_limit, trust.overdue} != {TrustPolicy.IGNORE}
    customer = patiently(lambda: erp.customer(plan.customer_no, live=figures))
    if customer is not None and customer.blocked and not figures:  # what is remembered may be over
        customer = patiently(lambda: erp.customer(plan.customer_no, live=True))
    if customer is None:
        raise MappingError("NAV has no such customer", customer_no=plan.customer_no)
    found = [Distrust("customer_blocked", trust.blocked)] if customer.blocked else []
    if trust.credit_limit is not TrustPolicy.IGNORE and _beyond_credit(customer, plan, erp):
        found.append(Distrust("credit_limit", trust.credit_limit))
    if trust.overdue is not TrustPolicy.IGNORE and _shown(customer.balance_due, "Balance_Due_LCY") > 0:
        found.append(Distrust("overdue", trust.overdue))
    weighty = [each for each in found if each.policy is not TrustPolicy.IGNORE]
    return min(weighty, key=lambda each: each.policy is not TrustPolicy.REJECT, default=None)


def _beyond_credit(customer: ErpCustomer, plan: Plan, erp: Erp) -> bool:
    """As NAV's own check in its client does: what is owed, what is on order, and this order."""
    limit = _shown(customer.credit_limit, "Credit_Limit_LCY")
    if limit == 0:  # NAV: none
        return False
    return _shown(customer.balance, "Balance_LCY") + customer.outstanding + _value(plan, erp) > limit


def _value(plan: Plan, erp: Erp) -> Decimal:
    nos = {line.item_no for line in plan.lines if line.item_no and line.wanted}
    items = patiently(lambda: erp.items(nos)) if nos else {}
    prices = {no: item.unit_price or Decimal(0) for no, item in items.items()}
    return sum((line.wanted * prices.get(line.item_no or "", Decimal(0)) for line in plan.lines), Decimal(0))


def _shown(figure: Decimal | None, field: str) -> Decimal:
    if figure is None:
        raise MappingError("NAV's customer page does not show what the partner's profile asks for", field=field)
    return figure
