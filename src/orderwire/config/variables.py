"""Settings by name: `nav.url` is ORDERWIRE_NAV__URL, and ORDERWIRE_NAV__URL_FILE names a file that holds it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

PREFIX: Final = "ORDERWIRE_"
FILE_SUFFIX: Final = "_FILE"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as the reference lists it."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def name(self) -> str:
        """Return its place in `orderwire.yaml`."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """Return its variable."""
        return PREFIX + "__".join(self.path).upper()


def settings_of(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Yield every setting of a model and of its sections, in their order."""
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from settings_of(section, (*path, name))
        else:
            yield Setting((*path, name), field)


def with_files(variables: Mapping[str, str | None], settings: Iterable[Setting]) -> dict[str, str | None]:
    """Replace `<variable>_FILE` by the text of the file that it names; keys come and go in lower case."""
    known = {setting.variable.lower() for setting in settings}
    result = {name: text for name, text in variables.items() if _file_of(name, known) is None}
    for name, path in variables.items():
        target = _file_of(name, known)
        if target is not None and path and (text := _read(path)) is not None:
            result[target] = text
    return result


def problems_of(variables: Mapping[str, str], settings: Iterable[Setting]) -> list[str]:
    """Return what is wrong with the variables' names and files: a misspelt one would be passed over in silence."""
    known = {setting.variable.lower() for setting in settings}
    given = {name.lower(): text for name, text in variables.items() if name.upper().startswith(PREFIX)}
    problems = []
    for name, text in sorted(given.items()):
        target = _file_of(name, known)
        if target is None and name not in known:
            problems.append(f"{name.upper()}: there is no such setting")
        elif target is not None and target in given:
            problems.append(f"{name.upper()}: {target.upper()} is given as well")
        elif target is not None and _read(text) is None:
            problems.append(f"{name.upper()}: the file cannot be read")
    return problems


def _file_of(name: str, known: set[str]) -> str | None:
    target = name.lower().removesuffix(FILE_SUFFIX.lower())
    return target if name.lower() not in known and target in known else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError):  # ValueError: not UTF-8, or a null character in the path
        return None
