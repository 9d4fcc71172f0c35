"""Partner profiles: one folder per partner, read again whenever a file in it changes."""

import csv
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orderwire.canonical.order import ItemScheme
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


class EdiIdentifier(_Section):
    """UNB S002/S003: identification and qualifier."""

    id: str = Field(min_length=1, max_length=35)
    qualifier: str | None = Field(default=None, description="DE 0007: 14 for a GLN; None: any")


class EdiProfile(_Section):
    identifiers: tuple[EdiIdentifier, ...] = Field(min_length=1, description="Under which the partner sends")
    ours: EdiIdentifier = Field(description="Under which the partner knows us")
    response_version: Literal["D.96A", "D.01B"] = "D.96A"
    response_association: str | None = Field(default=None, description="DE 0057 of the ORDRSP, e.g. EAN008")
    charset: str | None = Field(default=None, description="Python codec, where the partner's UNB says something else")
    una: bool = Field(default=True, description="Write the UNA service string")
    contrl: Literal["always", "on_request", "never"] = "always"


class ApiProfile(_Section):
    key_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the partner's API key, in hex")


class FolderProfile(_Section):
    inbox: str | None = Field(default=None, description="Below data_dir; None: partner puts no files")
    outbox: str | None = Field(default=None, description="Below data_dir; None: partner takes no files")


class PartnerProfile(_Section):
    """All we know of a partner. `key` is the folder's name; `codes` comes from its CSV files."""

    key: str
    name: str
    customer_no: str = Field(min_length=1, max_length=20, description="NAV customer")
    shortage: ShortagePolicy = ShortagePolicy.REJECT_LINE
    default_unit: str | None = Field(default=None, description="UN/ECE Rec 20; None: the item's base unit")
    location: str = Field(default="", description="NAV location the partner is served from")
    edi: EdiProfile | None = None
    api: ApiProfile | None = None
    folder: FolderProfile | None = None
    items: Mapping[tuple[ItemScheme, str], str] = Field(default_factory=dict, description="codes/items.csv")
    units: Mapping[str, str] = Field(default_factory=dict, description="codes/units.csv, over config/codes/units.csv")
    substitutes: Mapping[str, str] = Field(default_factory=dict, description="codes/substitutes.csv")


_KEY_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


class Partners:
    """The partner profiles of a configuration folder."""

    def __init__(self, config_dir: Path) -> None:
        self._config_dir = config_dir
        self._cache: dict[str, tuple[tuple[tuple[str, int, int], ...], PartnerProfile]] = {}

    def keys(self) -> list[str]:
        """Return the keys, sorted."""
        folder = self._config_dir / "partners"
        return sorted(path.parent.name for path in folder.glob("*/partner.yaml")) if folder.is_dir() else []

    def get(self, key: str) -> PartnerProfile:
        """Return a profile.

        Raises:
            UnknownPartnerError: there is no such folder.
            ConfigurationError: the profile is wrong; all problems at once.
        """
        if not key or not set(key) <= _KEY_CHARS or not (folder := self._config_dir / "partners" / key).is_dir():
            raise UnknownPartnerError("no partner of that key", partner=key)
        files = [
            *sorted(folder.glob("*.yaml")),
            *sorted(folder.glob("codes/*.csv")),
            *sorted(self._config_dir.glob("codes/*.csv")),
        ]
        stamp = tuple((str(path), (stat := path.stat()).st_mtime_ns, stat.st_size) for path in files)
        cached = self._cache.get(key)
        if cached is None or cached[0] != stamp:
            cached = self._cache[key] = (stamp, _load(key, folder, self._config_dir / "codes"))
        return cached[1]

    def all(self) -> list[PartnerProfile]:
        """Return every profile that can be read; `partner check` tells of the others."""
        return list(self._readable())

    def by_edi_identifier(self, identifier: str, qualifier: str | None) -> PartnerProfile | None:
        """Return the partner that sends under this identifier; one with the exact qualifier goes first."""
        named = [
            (known.qualifier is None, profile)
            for profile in self._readable()
            for known in (profile.edi.identifiers if profile.edi else ())
            if known.id == identifier and known.qualifier in {None, qualifier}
        ]
        return min(named, key=lambda pair: pair[0])[1] if named else None

    def by_api_key_sha256(self, digest: str) -> PartnerProfile | None:
        """Return the partner with this API key hash."""
        return next((profile for profile in self._readable() if profile.api and profile.api.key_sha256 == digest), None)

    def _readable(self) -> Iterable[PartnerProfile]:
        for key in self.keys():
            try:
                yield self.get(key)
            except ConfigurationError:
                continue


def _load(key: str, folder: Path, shared_codes: Path) -> PartnerProfile:
    try:
        raw: Any = yaml.safe_load((folder / "partner.yaml").read_text(encoding="utf-8")) or {}
        codes = {
            "items": {
                (ItemScheme(row["scheme"]), row["value"]): row["item_no"] for row in _rows(folder / "codes/items.csv")
            },
            "units": _pairs(shared_codes / "units.csv", folder / "codes/units.csv", columns=("code", "erp_unit")),
            "substitutes": _pairs(folder / "codes/substitutes.csv", columns=("item_no", "substitute_no")),
        }
        return PartnerProfile.model_validate({**raw, "key": key, **codes})
    except ValidationError as error:
        problems = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
    except (yaml.YAMLError, OSError, KeyError, ValueError, TypeError) as error:
        problems = [f"{type(error).__name__}: {error}"]
    raise ConfigurationError(f"partner {key}:\n  " + "\n  ".join(problems), partner=key)


def _pairs(*files: Path, columns: tuple[str, str]) -> dict[str, str]:
    return {row[columns[0]]: row[columns[1]] for file in files for row in _rows(file)}


def _rows(file: Path) -> list[dict[str, str]]:
    if not file.is_file():
        return []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [{name: (value or "").strip() for name, value in row.items()} for row in csv.DictReader(lines)]
