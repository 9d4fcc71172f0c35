"""Settings of the follower: what is read from NAV after an order stands, and how often."""

from pydantic import Field

from orderwire.config.section import Count, Seconds, Section


class FollowSettings(Section):
    """Telling of what happens in NAV after an order stands. One worker at a time does it."""

    shipments: bool = Field(default=True, description="Tell of posted shipments")
    invoices: bool = Field(default=True, description="Tell of posted invoices")
    orders: bool = Field(default=True, description="Tell of orders that NAV's users enter, change or delete")
    stock: bool = Field(default=False, description="Tell of items whose stock moved; reads the whole item list in turn")
    poll_seconds: Seconds = Field(default=30, description="Time between two looks")
    rows: Count = Field(default=100, description="Documents, orders or items read in one look at most")
    overlap_seconds: Seconds = Field(
        default=900, description="How long a posting may take: so long numbers that were left out are looked for again"
    )
    sweep_seconds: Seconds = Field(
        default=3600, description="How often the last days are looked through, whatever number series was used"
    )
    sweep_days: Count = Field(default=3, description="How many days, by posting date")
    date_format: str = Field(
        default="%m/%d/%Y", description="Of dates in NAV's filters: the server's ServicesLanguage, en-US unless changed"
    )
    lease_seconds: Seconds = Field(default=120, description="After so long without a sign another worker takes over")
