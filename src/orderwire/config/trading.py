"""How far a partner is trusted, and what its prices are worth."""

from enum import StrEnum

from pydantic import Field

from orderwire.config.section import Section


class TrustPolicy(StrEnum):
    """What to do with an order of a customer that NAV has something against."""

    HOLD = "hold"  # a person decides: `orderwire orders release` or `refuse`
    REJECT = "reject"  # the order is refused
    IGNORE = "ignore"  # not asked for


class PricePolicy(StrEnum):
    """What to do with a line whose price in NAV is not the buyer's, beyond the tolerance."""

    ACCEPT = "accept"  # NAV's price stands, and nothing is said
    FLAG = "flag"  # NAV's price stands, and the line is answered as changed
    REJECT = "reject"  # the line is taken out of the sales order again, and refused


class TrustProfile(Section):
    """Held against NAV's customer, as it is when the order comes; NAV itself checks no credit over SOAP."""

    blocked: TrustPolicy = Field(
        default=TrustPolicy.HOLD, description="Customer blocked for anything; ignore: NAV refuses and the order parks"
    )
    credit_limit: TrustPolicy = Field(
        default=TrustPolicy.IGNORE,
        description="Balance, open orders and this order at list prices beyond Credit Limit (LCY); 0 there is no limit",
    )
    overdue: TrustPolicy = Field(default=TrustPolicy.IGNORE, description="Balance Due (LCY) above zero")
