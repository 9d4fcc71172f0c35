"""Partner profiles: one folder per partner, read again whenever a file in it changes; a wrong one changes nothing."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from orderwire.canonical.order import ItemScheme
from orderwire.config.channels import As2Profile, DueProfile, HttpProfile, PathBelow, SftpProfile
from orderwire.config.codes import CodeTables
from orderwire.config.cxml import CxmlProfile
from orderwire.config.edi import EdiMessageProfile, EdiReading, EdiWriting, OutgoingKind
from orderwire.config.punchout import PunchoutProfile
from orderwire.config.trading import PricePolicy, TrustProfile
from orderwire.errors import ConfigurationError, UnknownPartnerError


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShortagePolicy(StrEnum):
    """What to do with a line that live stock does not cover."""

    REJECT_LINE = "reject_line"  # the line is refused, the others stand
    PART_DELIVERY = "part_delivery"  # what is there is confirmed, the rest refused
    BACK_ORDER = "back_order"  # what is there is confirmed, the rest stands in NAV and follows
    SUBSTITUTE = "substitute"  # codes/substitutes.csv is tried, else the line is refused
    REJECT_ORDER = "reject_order"  # all or nothing


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
    "decimal_notation",
    "empty_segment",
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


class EdiIdentifier(_Section):
    """UNB S002/S003: identification and qualifier."""

    id: str = Field(min_length=1, max_length=35, description="DE 0004 or 0010, e.g. the GLN")
    qualifier: str | None = Field(default=None, description="DE 0007: 14 for a GLN; None: any")


class EdiProfile(_Section):
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


class ApiProfile(_Section):
    key_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the partner's API key, in hex")


class FolderProfile(_Section):
    inbox: PathBelow | None = Field(default=None, description="Below data_dir; None: partner puts no files")
    outbox: PathBelow | None = Field(default=None, description="Below data_dir; None: partner takes no files")


class InventoryProfile(_Section):
    """Reports of what the partner may order, of the items in codes/items.csv; nav.follow.stock must be on."""

    every_hours: Decimal | None = Field(
        default=None, gt=0, le=8760, description="All items, so often; None: an item whenever its stock moved"
    )


class PartnerProfile(_Section):
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


_KEY_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


class Partners:
    """The partner profiles of a configuration folder."""

    def __init__(self, config_dir: Path) -> None:
        self._config_dir = config_dir
        self._cache: dict[str, tuple[tuple[tuple[str, int, int], ...], PartnerProfile]] = {}
        self._wrong: dict[str, str] = {}  # why the profile that was read before still holds

    def keys(self) -> list[str]:
        """Return the keys, sorted."""
        folder = self._config_dir / "partners"
        return sorted(path.parent.name for path in folder.glob("*/partner.yaml")) if folder.is_dir() else []

    def get(self, key: str) -> PartnerProfile:
        """Return a profile; while its files are wrong, as they were when last read.

        Raises:
            UnknownPartnerError: there is no such folder.
            ConfigurationError: the profile is wrong, and was never read before; all problems at once.
        """
        if not key or not set(key) <= _KEY_CHARS or not (folder := self._config_dir / "partners" / key).is_dir():
            raise UnknownPartnerError("no partner of that key", partner=key)
        files = [
            *sorted(folder.glob("*.yaml")),
            *sorted(folder.glob("codes/*.csv")),
            *sorted(self._config_dir.glob("codes/*.csv")),
        ]
        stamp = tuple((str(path), *_touched(path)) for path in files)
        cached = self._cache.get(key)
        if cached is None or cached[0] != stamp:
            cached = self._cache[key] = (stamp, self._read(key, folder, cached[1] if cached else None))
        return cached[1]

    def _read(self, key: str, folder: Path, before: PartnerProfile | None) -> PartnerProfile:
        try:
            profile = _load(key, folder, self._config_dir / "codes")
        except ConfigurationError as error:
            if before is None:
                raise
            self._wrong[key] = error.message
            return before
        self._wrong.pop(key, None)
        return profile

    def all(self) -> list[PartnerProfile]:
        """Return every profile that can be read; `partner check` tells of the others."""
        return list(self._readable())

    def problems(self) -> list[str]:
        """Return what is wrong with any profile, and who claims what another partner claims as well."""
        problems: list[str] = []
        claims: dict[str, str] = {}
        for key in self.keys():
            try:
                profile = self.get(key)
            except ConfigurationError as error:
                problems.append(error.message)
                continue
            except UnknownPartnerError as error:
                problems.append(str(error))
                continue
            if key in self._wrong:
                problems.append(self._wrong[key])
            problems += [
                f"partner {key}: {claim} belongs to {other} already, so neither is found by it"
                for claim in _claims(profile)
                if (other := claims.setdefault(claim, key)) != key
            ]
        return problems

    def by_edi_identifier(self, identifier: str, qualifier: str | None) -> PartnerProfile | None:
        """Return the one partner that sends under this identifier; one with the exact qualifier goes first."""
        exact: dict[str, PartnerProfile] = {}
        loose: dict[str, PartnerProfile] = {}
        for profile in self._readable():
            for known in profile.edi.identifiers if profile.edi else ():
                if known.id == identifier and known.qualifier in {None, qualifier}:
                    (loose if known.qualifier is None else exact)[profile.key] = profile
        return _only(list((exact or loose).values()))

    def by_api_key_sha256(self, digest: str) -> PartnerProfile | None:
        """Return the one partner with this API key hash."""
        return _only([profile for profile in self._readable() if profile.api and profile.api.key_sha256 == digest])

    def by_as2_name(self, name: str) -> PartnerProfile | None:
        """Return the one partner that sends under this AS2 name."""
        return _only([profile for profile in self._readable() if profile.as2 and profile.as2.name == name])

    def _readable(self) -> Iterable[PartnerProfile]:
        for key in self.keys():
            try:
                yield self.get(key)
            except (ConfigurationError, UnknownPartnerError):  # the second: no key, or the folder went away meanwhile
                continue


def _only(profiles: list[PartnerProfile]) -> PartnerProfile | None:
    """Return the profile there is; of two that claim the same, neither: an order must not reach a wrong customer."""
    return profiles[0] if len(profiles) == 1 else None


def _claims(profile: PartnerProfile) -> Iterable[str]:
    for known in profile.edi.identifiers if profile.edi else ():
        yield f"EDI identifier {known.id}:{known.qualifier or 'any'}"
    if profile.api:
        yield f"API key hash {profile.api.key_sha256}"
    for identity in profile.cxml.identities if profile.cxml else ():
        yield f"cXML identity {identity.domain.casefold()}:{identity.identity.casefold()}"
    if profile.as2:
        yield f"AS2 name {profile.as2.name}"


def _touched(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:  # went away since it was listed
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def _load(key: str, folder: Path, shared_codes: Path) -> PartnerProfile:
    tables = CodeTables()
    raw = _read_yaml(folder / "partner.yaml", tables.problems)
    codes = {
        "items": tables.read(folder / "codes/items.csv", ("scheme", "value", "item_no")),
        "units": {
            **_by_one(tables.read(shared_codes / "units.csv", ("code", "erp_unit"))),
            **_by_one(tables.read(folder / "codes/units.csv", ("code", "erp_unit"))),
        },
        "parties": tables.read(folder / "codes/parties.csv", ("scheme", "value", "party_no")),
        "substitutes": _by_one(tables.read(folder / "codes/substitutes.csv", ("item_no", "substitute_no"))),
    }
    tables.problems.extend(f"{name}: does not stand in partner.yaml" for name in ("key", *codes) if name in raw)
    try:
        profile = PartnerProfile.model_validate({**raw, "key": key, **codes})
    except ValidationError as error:
        tables.problems.extend(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
        )
    else:
        if not tables.problems:
            return profile
    raise ConfigurationError(f"partner {key}:\n  " + "\n  ".join(tables.problems), partner=key)


def _read_yaml(file: Path, problems: list[str]) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        problems.append(f"partner.yaml: {error}")
        return {}
    if not isinstance(raw, dict):
        problems.append("partner.yaml: names and values are wanted")
        return {}
    return {str(name): value for name, value in raw.items()}


def _by_one(table: Mapping[tuple[str, ...], str]) -> dict[str, str]:
    return {key[0]: value for key, value in table.items()}
