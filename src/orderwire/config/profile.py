"""A partner's profile: all we know of it."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import Field, model_validator

from orderwire.canonical.order import ItemScheme
from orderwire.config.channels import As2Profile, DueProfile, HttpProfile, PathBelow, SftpProfile
from orderwire.config.cxml import CxmlProfile
from orderwire.config.edi import EdiProfile
from orderwire.config.punchout import PunchoutProfile
from orderwire.config.section import Section
from orderwire.config.trading import PricePolicy, TrustProfile


class ShortagePolicy(StrEnum):
    """What to do with a line that live stock does not cover."""

    REJECT_LINE = "reject_line"  # the line is refused, the others stand
    PART_DELIVERY = "part_delivery"  # what is there is confirmed, the rest refused
    BACK_ORDER = "back_order"  # what is there is confirmed, the rest stands in NAV and follows
    SUBSTITUTE = "substitute"  # codes/substitutes.csv is tried, else the line is refused
    REJECT_ORDER = "reject_order"  # all or nothing


class ApiProfile(Section):
    key_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the partner's API key, in hex")


class FolderProfile(Section):
    inbox: PathBelow | None = Field(default=None, description="Below data_dir; None: partner puts no files")
    outbox: PathBelow | None = Field(default=None, description="Below data_dir; None: partner takes no files")


class InventoryProfile(Section):
    """Reports of what the partner may order, of the items in codes/items.csv; nav.follow.stock must be on."""

    every_hours: Decimal | None = Field(
        default=None, gt=0, le=8760, description="All items, so often; None: an item whenever its stock moved"
    )


class PartnerProfile(Section):
    """All we know of a partner. `key` is the folder's name; `codes` comes from its CSV files."""

    key: str = Field(description="Name of the partner's folder")
    name: str = Field(description="As people call the partner")
    customer_no: str = Field(min_length=1, max_length=20, description="NAV customer")
    shortage: ShortagePolicy = Field(
        default=ShortagePolicy.REJECT_LINE, description="What to do with a line that live stock does not cover"
    )
    quantity_tolerance_percent: Decimal = Field(
        default=Decimal(0),
        ge=0,
        lt=100,
        description="A line that is short by no more is confirmed with what is there, whatever `shortage` says",
    )
    price_tolerance_percent: Decimal | None = Field(
        default=None, ge=0, description="The buyer is told of prices that differ by more; None: prices are not compared"
    )
    price_policy: PricePolicy = Field(
        default=PricePolicy.FLAG, description="What to do with a line whose price differs by more than the tolerance"
    )
    trust: TrustProfile = Field(
        default=TrustProfile(), description="`blocked`, `credit_limit`, `overdue`: hold, reject or ignore"
    )
    default_unit: str | None = Field(default=None, description="UN/ECE Rec 20; None: the item's base unit")
    location: str = Field(default="", description="NAV location the partner is served from")
    edi: EdiProfile | None = Field(default=None, description="None: sends and takes no EDIFACT")
    punchout: PunchoutProfile | None = Field(default=None, description="None: does not shop by punch-out")
    api: ApiProfile | None = Field(default=None, description="None: may not call the REST API")
    cxml: CxmlProfile | None = Field(default=None, description="None: sends and takes no cXML")
    folder: FolderProfile | None = Field(default=None, description="None: exchanges no files in folders")
    sftp: SftpProfile | None = Field(default=None, description="None: exchanges no files over SFTP")
    http: HttpProfile | None = Field(default=None, description="None: takes no documents over HTTP")
    as2: As2Profile | None = Field(default=None, description="None: does not speak AS2")
    deliver: Literal["folder", "sftp", "http", "as2"] | None = Field(
        default=None, description="The way documents go to the partner; None: the only one there is"
    )
    entered_orders: Literal["silent", "tell"] = Field(
        default="silent",
        description="Orders that people enter in NAV for this customer: tell, the partner gets the same documents "
        "about them as about its own; silent, only the events tell of them",
    )
    inventory: InventoryProfile | None = Field(default=None, description="None: gets no stock reports (INVRPT)")
    due: DueProfile = Field(default=DueProfile(), description="When acknowledgements are late")
    items: Mapping[tuple[ItemScheme, str], str] = Field(
        default_factory=dict, description="codes/items.csv: scheme and value to NAV item number"
    )
    units: Mapping[str, str] = Field(
        default_factory=dict, description="codes/units.csv, over config/codes/units.csv: UN/ECE Rec 20 to NAV unit"
    )
    parties: Mapping[tuple[str, str], str] = Field(
        default_factory=dict, description="codes/parties.csv: the partner's scheme and value to our number of the party"
    )
    substitutes: Mapping[str, str] = Field(
        default_factory=dict, description="codes/substitutes.csv: NAV item number to the one sent instead"
    )

    @property
    def outlet(self) -> str | None:
        """Return the way documents go to the partner; None: there is none."""
        return self.deliver or next(iter(self._outlets()), None)

    @model_validator(mode="after")
    def _one_outlet(self) -> "PartnerProfile":
        outlets = self._outlets()
        if self.deliver is not None and self.deliver not in outlets:
            raise ValueError(f"deliver: {self.deliver} names no place to deliver to")
        if self.deliver is None and len(outlets) > 1:
            raise ValueError(f"deliver: say which of {', '.join(outlets)}")
        return self

    def _outlets(self) -> list[str]:
        places = {
            "folder": self.folder and self.folder.outbox,
            "sftp": self.sftp and self.sftp.outbox,
            "http": self.http and self.http.url,
            "as2": self.as2 and self.as2.url,
        }
        return [scheme for scheme, place in places.items() if place]
