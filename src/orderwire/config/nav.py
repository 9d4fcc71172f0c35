"""Dynamics NAV: where it is, what its services and fields are called there, and what is believed of it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator

from orderwire.config.follow import FollowSettings
from orderwire.config.section import Count, Seconds, Section


class NavServices(Section):
    """Names under which NAV publishes the pages (Web Services page in NAV)."""

    item: str = Field(default="Item", description="Page 30, item card")
    customer: str = Field(default="Customer", description="Page 21, customer card")
    sales_order: str = Field(default="SalesOrder", description="Page 42, sales order with its lines")
    item_units: str | None = Field(default="ItemUnitsOfMeasure", description="None: only base units can be ordered")
    posted_shipment: str | None = Field(
        default="PostedSalesShipment", description="None: posted orders are not looked up"
    )
    posted_invoice: str | None = Field(
        default="PostedSalesInvoice", description="Page 132; None: invoices are not told of"
    )
    stockkeeping_unit: str | None = Field(
        default=None, description="Page 5700, or another one keyed by location; None: orders cannot name a location"
    )
    gateway: str = Field(default="OrderwireGateway", description="The codeunit of config/nav")
    purchase_lines: str | None = Field(
        default=None, description="Page 518, for receipts that are expected; None: only what is there can be promised"
    )


class NavStockSettings(Section):
    """What orders may take, and which answers are believed."""

    receipts_within_days: int | None = Field(
        default=None,
        ge=0,
        description="Promise receipts that are expected within so many days; None: none",
    )
    hold_sudden_loss: bool = Field(
        default=True, description="Do not believe an answer that says that nearly all stock is gone at once"
    )
    sudden_loss_percent: int = Field(default=90, ge=1, le=100, description="Of the items that had stock when last seen")
    sudden_loss_sample: Count = Field(default=20, description="Items to judge by; with fewer, every answer is believed")


def _with_no(names: dict[object, object]) -> dict[object, object]:
    return {("No" if ours is False else ours): ("No" if theirs is False else theirs) for ours, theirs in names.items()}


class NavSettings(Section):
    url: str = Field(default="http://127.0.0.1:7047/DynamicsNAV/WS", description="Up to and with /WS")
    company: str = Field(default="CRONUS International Ltd.", description="As NAV shows it, unescaped")
    auth: Literal["basic", "ntlm", "bearer"] = Field(
        default="basic", description="As NAV's service instance is set up; bearer: OAuth"
    )
    username: str = Field(default="orderwire", description="ntlm: DOMAIN\\user")
    password: SecretStr = Field(
        default=SecretStr(""), description="basic: NAV user password or web service key; bearer: access token"
    )
    token_file: Path | None = Field(
        default=None, description="bearer: file with the access token, read for each call, so that it may be renewed"
    )
    production: bool = Field(default=True, description="Refuse test documents")
    services: NavServices = NavServices()
    follow: FollowSettings = FollowSettings()
    fields: dict[str, dict[str, str]] = Field(
        default={},
        description="Per service of `nav.services`: fields that have another name in this NAV, our name: theirs; those "
        "of lines as SalesLines.Quantity",
    )
    options: dict[str, dict[str, dict[str, str]]] = Field(
        default={}, description="Per service and field: options that have another name, our name: theirs"
    )
    gateway: Literal["auto", "off", "required"] = Field(
        default="auto",
        description="The codeunit of config/nav: NAV checks stock as it makes the order",
    )
    numbering: Literal["ours", "nav"] = Field(
        default="ours", description="ours: No. is deterministic, so NAV itself refuses a double; nav: the number series"
    )
    connect_timeout_seconds: Seconds = Field(default=5, description="To reach NAV")
    read_timeout_seconds: Seconds = Field(default=30, description="How long NAV may take to answer")
    master_data_seconds: float = Field(
        default=60,
        ge=0,
        description="How long items and customers are remembered; stock never is. NAV itself refuses what is blocked",
    )
    max_calls: Count = Field(default=4, description="Calls at once; NAV runs 5 per tenant")
    safety_stock_field: str | None = Field(
        default=None, description="Item page field kept back from orders; None: none"
    )
    stock: NavStockSettings = NavStockSettings()
    local_currency: str | None = Field(
        default=None,
        description="The company's own currency, which NAV leaves blank; None: orders take the customer's currency",
    )
    ca_file: Path | None = Field(default=None, description="Certificates to trust for https; None: the system's")
    max_response_bytes: Count = Field(default=32 * 1024 * 1024, description="Longer answers are refused unread")
    max_filter_chars: Count = Field(default=1000, description="One A|B|C filter; longer ones become several calls")
    page_rows: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Rows asked for in one call, for servers with small message limits; 0: all"
    )
    credentials_pause_seconds: Seconds = Field(
        default=600, description="After a refused password nothing is sent for so long: no account gets locked"
    )

    @field_validator("fields", mode="before")
    @classmethod
    def _no_is_a_name(cls, fields: object) -> object:
        """Take YAML's `No: Nr` for what it says: unquoted, `No` means false there."""
        if not isinstance(fields, dict):
            return fields
        return {service: _with_no(names) if isinstance(names, dict) else names for service, names in fields.items()}

    @field_validator("fields", "options")
    @classmethod
    def _of_services(cls, names: dict[str, Any]) -> dict[str, Any]:
        unknown = names.keys() - NavServices.model_fields.keys()
        if unknown:
            raise ValueError(f"there is no service {', '.join(sorted(unknown))}")
        return names
