"""EDIFACT dialects: what a partner means by its codes, and how it wants to be written to."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from orderwire.canonical.order import ItemScheme
from orderwire.canonical.response import LineOutcome, OrderOutcome


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


#: A code of the directory, as it is written.
Code = Annotated[str, Field(min_length=1, max_length=3)]
#: Messages that we send, but for CONTRL.
OutgoingKind = Literal["ORDRSP", "DESADV", "INVOIC", "INVRPT", "APERAK"]
#: Directories that we write in.
Directory = Literal["D.96A", "D.01B"]


class EdiMessageProfile(_Section):
    """One kind of message that we send to the partner."""

    version: Directory | None = Field(default=None, description="None: `response_version`")
    association: str | None = Field(default=None, max_length=6, description="DE 0057, e.g. EAN008")
    send: bool = Field(default=True, description="Whether the partner gets it")


class EdiReading(_Section):
    """What the partner means by its codes, where that is not what most mean."""

    item_codes: Mapping[str, ItemScheme] = Field(
        default_factory=dict, description="DE 7143 to scheme, over the usual, e.g. ZZZ: buyer"
    )
    ordered_quantities: tuple[Code, ...] = Field(
        default=("21", "1"), min_length=1, description="DE 6063 of the ordered quantity, the preferred first"
    )
    requested_dates: tuple[Code, ...] = Field(
        default=("2",), min_length=1, description="DE 2005 of the requested delivery, the preferred first"
    )


class EdiWriting(_Section):
    """How the partner wants to be written to, where more than one way is right."""

    decimal_mark: Literal[".", ","] = Field(default=".", description="Also announced in the UNA")
    item_codes: Mapping[ItemScheme, Code] = Field(
        default_factory=dict, description="Scheme to DE 7143, over the usual, e.g. buyer: BP"
    )
    line_item: tuple[ItemScheme, ...] = Field(
        default=(ItemScheme.GTIN,), description="Schemes that may stand in LIN, the preferred first; others go to PIA"
    )
    confirmed_quantity: Code = Field(default="113", description="ORDRSP: DE 6063 of what will be delivered, e.g. 12")
    promised_date: Code = Field(default="69", description="ORDRSP: DE 2005 of the promised delivery, e.g. 67")
    order_codes: Mapping[OrderOutcome, Code] = Field(
        default_factory=dict, description="ORDRSP: outcome to BGM 1225, over the usual, e.g. changed: 30"
    )
    line_codes: Mapping[LineOutcome, Code] = Field(
        default_factory=dict, description="ORDRSP: outcome to LIN 1229, over the usual, e.g. accepted: 24"
    )
    substitutes: Literal["by", "for"] = Field(
        default="by",
        description="by: LIN has the item ordered, PIA 3 the one sent; for: LIN the one sent, PIA 4 ordered",
    )
