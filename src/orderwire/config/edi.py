"""EDIFACT: who a partner is, what it means by its codes, and how it wants to be written to."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orderwire.canonical.order import ItemScheme
from orderwire.canonical.response import LineOutcome, OrderOutcome
from orderwire.config.section import Section

#: A code of the directory, as it is written.
Code = Annotated[str, Field(min_length=1, max_length=3)]
#: Messages that we send, but for CONTRL.
OutgoingKind = Literal["ORDRSP", "DESADV", "INVOIC", "INVRPT", "APERAK"]
#: Directories that we write in.
Directory = Literal["D.96A", "D.01B"]


class EdiMessageProfile(Section):
    """One kind of message that we send to the partner."""

    version: Directory | None = Field(default=None, description="None: `response_version`")
    association: str | None = Field(default=None, max_length=6, description="DE 0057, e.g. EAN008")
    send: bool = Field(default=True, description="Whether the partner gets it")


class EdiReading(Section):
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


class EdiWriting(Section):
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


def _codec(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"{name!r} is no character set") from None
    return name


#: A Python codec for text.
Codec = Annotated[str, AfterValidator(_codec)]


#: EDIFACT findings that an agreement may weigh otherwise; the others decide whether a message can be read at all.
EdiFinding = Literal[
    "charset",
    "check_digit",
    "date",
    "decimal_notation",
    "empty_segment",
    "free_goods",
    "group_repeats",
    "group_type",
    "junk",
    "line_break",
    "line_count",
    "missing_segment",
    "missing_terminator",
    "missing_value",
    "quantity_total",
    "repeated_reference",
    "segment_order",
    "segment_out_of_place",
    "segment_repeats",
    "service_string",
    "too_many_elements",
    "unknown_code",
    "unknown_directory",
    "unt_count",
    "unz_count",
    "value_too_long",
    "value_type",
]


class EdiIdentifier(Section):
    """UNB S002/S003: identification and qualifier."""

    id: str = Field(min_length=1, max_length=35, description="DE 0004 or 0010, e.g. the GLN")
    qualifier: str | None = Field(default=None, description="DE 0007: 14 for a GLN; None: any")


class EdiProfile(Section):
    identifiers: tuple[EdiIdentifier, ...] = Field(min_length=1, description="Under which the partner sends")
    ours: EdiIdentifier = Field(description="Under which the partner knows us")
    response_version: Literal["D.96A", "D.01B"] = Field(default="D.96A", description="Directory of the ORDRSP")
    response_association: str | None = Field(default=None, description="DE 0057 of the ORDRSP, e.g. EAN008")
    charset: Codec | None = Field(default=None, description="Python codec, where the partner's UNB says something else")
    una: bool = Field(default=True, description="Write the UNA service string")
    contrl: Literal["always", "on_request", "never"] = Field(
        default="always", description="When a CONTRL is owed; on_request: when UNB 0031 asks for it"
    )
    aperak: Literal["on_error", "never"] = Field(
        default="never", description="on_error: told by APERAK of messages that make no sense here"
    )
    messages: Mapping[OutgoingKind, EdiMessageProfile] = Field(
        default_factory=dict, description="By kind of message that we send: `version`, `association`, `send`"
    )
    reading: EdiReading = Field(default_factory=EdiReading, description="Codes that the partner uses in its own way")
    writing: EdiWriting = Field(default_factory=EdiWriting, description="Codes and signs that the partner wants")

    def message(self, kind: OutgoingKind) -> EdiMessageProfile:
        """Return how a kind of message is sent: its own directory and association code, or those of responses."""
        own = self.messages.get(kind, EdiMessageProfile())
        association = self.response_association if kind == "ORDRSP" and own.version is None else None
        return EdiMessageProfile(
            version=own.version or self.response_version, association=own.association or association, send=own.send
        )

    severities: Mapping[EdiFinding, Literal["reject", "warn", "ignore"]] = Field(
        default_factory=dict, description="What a finding weighs with this partner, by its code"
    )
    all_or_nothing: bool = Field(default=False, description="One rejected message turns the whole interchange away")
