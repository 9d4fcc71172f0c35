"""Pages of docs/reference that are tables: settings, errors, the partner profile."""

import inspect
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from orderwire import errors
from orderwire.config.alerts import AlertPlan, Rule, Rules
from orderwire.config.profile import PartnerProfile, ShortagePolicy
from orderwire.config.secrets import KNOWN as SECRETS
from orderwire.config.secrets import SMTP_PASSWORD, signing_variable, variable_of
from orderwire.config.settings import Settings
from orderwire.config.variables import settings_of
from orderwire.errors import (
    AlreadyDoneError,
    ConfigurationError,
    OrderwireError,
    OutageError,
    PermanentError,
    TransientError,
)

_HEAD: Final = "<!-- Generated from the code by `make docs`. -->\n"

#: What happens to a message whose handling ended in an error of the class or of one below it.
_REACTIONS: Final[dict[type, str]] = {
    TransientError: "retries up the ladder; parks after `retry.max_attempts`",
    OutageError: "pauses the flow until the other side answers; no attempt is counted",
    PermanentError: "parks at once",
    AlreadyDoneError: "discards, with the reason in the journal",
    ConfigurationError: "does not start, or does not serve that partner",
    OrderwireError: "parks: an error of Orderwire's own",
}
_NOT_IN_YAML: Final = {"key", "items", "units", "parties", "substitutes"}  # from the folder's name and the code tables
_BRANCH: Final = re.compile(r"^\s*[│├└─ ]*(?P<name>\w+Error)\b *(?P<meaning>.*)$")
_MEMBER: Final = re.compile(r"^\s+\w+ = \"(?P<value>\w+)\"  # (?P<meaning>.+)$", re.MULTILINE)


def pages() -> dict[str, str]:
    """Return every page by file name."""
    return {
        "settings.md": settings_page(),
        "errors.md": errors_page(),
        "partner.md": partner_page(),
        "alerts.md": alerts_page(),
    }


def settings_page() -> str:
    """List every setting."""
    rows = [
        (
            f"`{known.name}`",
            f"`{known.variable}`",
            _default(known.field),
            _values(known.field.annotation),
            _text(known.field),
        )
        for known in settings_of(Settings)
    ]
    return (
        f"{_HEAD}# Settings\n\n"
        "In `orderwire.yaml` of the configuration folder, or as a variable, which goes first. A variable whose name\n"
        "has `_FILE` after it names a file that holds the value, as container platforms mount secrets. Unknown names\n"
        "are refused, and all problems are told at once.\n\n"
        + _table(("Setting", "Variable", "Default", "Values", "Meaning"), rows)
    )


def errors_page() -> str:
    """List every error code."""
    rows = [
        (f"`{kind.code}`", f"`{kind.__name__}`", _reaction(kind), meaning or "the root of all")
        for kind, meaning in error_tree()
    ]
    return (
        f"{_HEAD}# Error codes\n\n"
        "Codes are stable: the parking lot, the journal, the metrics and alerts name errors by them.\n\n"
        + _table(("Code", "Class", "What the machine does", "Meaning"), rows)
    )


def partner_page() -> str:
    """List every field of a partner profile."""
    policies = _MEMBER.findall(inspect.getsource(ShortagePolicy))
    return (
        f"{_HEAD}# Partner profile\n\n"
        "`partners/<key>/partner.yaml` in the configuration folder, with code tables in `codes/*.csv` beside it. The\n"
        "key is the folder's name, in `a-z`, `0-9`, `-` and `_`. A change is seen at once, without a restart; unknown\n"
        "names are refused.\n\n"
        + _table(("Field", "Default", "Values", "Meaning"), list(_profile_rows(PartnerProfile)))
        + "\n## Shortage policies\n\n"
        + _table(("`shortage`", "What happens"), [(f"`{value}`", meaning) for value, meaning in policies])
        + "\n## Secrets\n\n"
        "Never in `partner.yaml`: in a variable, or in a file that the variable with `_FILE` after it names. They are\n"
        "read when they are used, so that a new one needs no restart. In the partner's key a hyphen becomes `_`.\n\n"
        + _table(("Variable", "Meaning"), [(f"`{variable_of('<key>', name)}`", text) for name, text in SECRETS.items()])
        + "\n## Code tables\n\n"
        + _table(
            ("File", "Columns", "Meaning"),
            [
                ("`codes/items.csv`", "`scheme,value,item_no`", "a number in the partner's orders → NAV item number"),
                ("`codes/units.csv`", "`code,erp_unit`", "UN/ECE Rec 20 code → NAV unit of measure"),
                (
                    "`codes/parties.csv`",
                    "`scheme,value,party_no`",
                    "a number in the partner's NAD → our number of that party, which goes with the order",
                ),
                ("`codes/substitutes.csv`", "`item_no,substitute_no`", "NAV item number → the item sent instead"),
            ],
        )
    )


def alerts_page() -> str:
    """List every field of alerts.yaml."""
    rules = [(f"`{name}`", *_rule(field)) for name, field in Rules.model_fields.items()]
    return (
        f"{_HEAD}# Alerts\n\n"
        "`alerts.yaml` in the configuration folder: who is [told of trouble](../how-to/be-told-of-trouble.md). A\n"
        "change is seen at once, without a restart; unknown names are refused, and a file that is wrong\n"
        "leaves what stood.\n\n"
        + _table(
            ("Field", "Default", "Values", "Meaning"),
            [row for row in _profile_rows(AlertPlan) if not row[0].startswith("`rules.")],
        )
        + "\n## Rules\n\n"
        "`rules.<kind>` with `severity`, `after_minutes` and `tell`; what is not named is as here.\n\n"
        + _table(("Kind", "Severity", "After minutes"), rules)
        + "\n## Secrets\n\n"
        + _table(
            ("Variable", "Meaning"),
            [
                (f"`{SMTP_PASSWORD}`", "Password of `smtp.username`"),
                (
                    f"`{signing_variable('<name>')}`",
                    "Signs what a receiver's webhook gets; `whsec_` and base64, or text",
                ),
            ],
        )
    )


def _rule(field: FieldInfo) -> tuple[str, str]:
    rule: Rule = field.default
    return f"`{rule.severity}`", f"`{rule.after_minutes:g}`"


def error_tree() -> Iterator[tuple[type[OrderwireError], str]]:
    """Yield every class that the tree in the docstring of `orderwire.errors` names, with its meaning."""
    for line in (errors.__doc__ or "").splitlines():
        match = _BRANCH.match(line)
        if match and not line.lstrip().startswith("``"):
            yield getattr(errors, match["name"]), match["meaning"].strip()


def _reaction(kind: type[OrderwireError]) -> str:
    return next(reaction for known, reaction in _REACTIONS.items() if issubclass(kind, known))


def _profile_rows(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        if not path and name in _NOT_IN_YAML:
            continue
        yield f"`{path}{name}`", _default(field), _values(field.annotation), _text(field)
        section = _section(field.annotation)
        if section is not None:
            many = "[]" if get_origin(field.annotation) is tuple else ""
            yield from _profile_rows(section, f"{path}{name}{many}.")


def _section(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_section(part) for part in get_args(annotation)]
    return next((section for section in found if section is not None), None)


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    if value is PydanticUndefined:
        return "*required*"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Enum):
        value = value.value
    if value is None or value in ("", (), {}) or isinstance(value, BaseModel):
        return "-"
    if isinstance(value, tuple):
        value = ", ".join(str(each) for each in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _values(annotation: object) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(parts[0])
    if origin in {Union, UnionType}:
        return _values(next(part for part in parts if part is not type(None)))
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin is tuple:
        return "list"
    return _kind(annotation) if isinstance(annotation, type) else "table"


def _kind(kind: type) -> str:
    if issubclass(kind, Enum):
        return " or ".join(f"`{member.value}`" for member in kind)
    if issubclass(kind, BaseModel):
        return "section"
    names = {
        bool: "`true` or `false`",
        int: "whole number",
        float: "number",
        Decimal: "number",
        str: "text",
        Path: "path",
        SecretStr: "secret",
    }
    return names[kind]


def _text(field: FieldInfo) -> str:
    return field.description or ""


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
