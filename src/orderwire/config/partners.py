"""Partner profiles: one folder per partner, read again whenever a file in it changes; a wrong one changes nothing."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from orderwire.config.codes import CodeTables
from orderwire.config.profile import PartnerProfile
from orderwire.errors import ConfigurationError, UnknownPartnerError

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
