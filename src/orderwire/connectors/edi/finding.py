"""Findings as they are collected: bounded, and never losing that something was rejected."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from orderwire.ports.intake import Finding, Severity

#: Where a finding stands: fields of `Finding` by name.
Where = dict[str, int | str | None]


#: What an agreement makes of a finding, by its code: reject, warn or ignore.
Severities = Mapping[str, str]
AS_FOUND: Final[Severities] = MappingProxyType({})


class Findings:
    """Keeps at most `limit` findings of each severity and counts the rest. An agreement may say how much one weighs."""

    def __init__(self, limit: int, severities: Severities = AS_FOUND) -> None:
        self._limit = limit
        self._severities = severities
        self._kept: list[Finding] = []
        self._seen: Counter[Severity] = Counter()

    def add(self, finding: Finding) -> None:
        if agreed := self._severities.get(finding.code):
            if agreed == "ignore":
                return
            finding = replace(finding, severity=Severity(agreed))
        self._seen[finding.severity] += 1
        if self._seen[finding.severity] <= self._limit:
            self._kept.append(finding)

    @property
    def rejected(self) -> bool:
        return self._seen[Severity.REJECT] > 0

    def close(self) -> tuple[Finding, ...]:
        """Return what was kept, and one finding that says how many more there were."""
        dropped = sum(max(0, count - self._limit) for count in self._seen.values())
        more = Finding("more_findings", Severity.WARN, f"{dropped} more findings of the same kinds were left out")
        return (*self._kept, more) if dropped else tuple(self._kept)


def reject(code: str, text: str, **where: int | str | None) -> Finding:
    """Return a finding that turns its message or interchange away."""
    return Finding(code, Severity.REJECT, text, **where)  # type: ignore[arg-type]  # the dataclass names them


def warn(code: str, text: str, **where: int | str | None) -> Finding:
    """Return a finding that lets its message through."""
    return Finding(code, Severity.WARN, text, **where)  # type: ignore[arg-type]  # the dataclass names them
