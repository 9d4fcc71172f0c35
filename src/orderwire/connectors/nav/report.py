"""What `orderwire nav check` reports: what is there, what follows from what is not, and what to do about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from orderwire.config.nav import NavServices, NavSettings
from orderwire.connectors.nav.contract import Contract, Finding
from orderwire.connectors.nav.pins import Pins
from orderwire.connectors.nav.suggest import Suggestion, improved, renamed, suggestion
from orderwire.connectors.nav.wants import WITHOUT, Page

#: One line of a table.
Row = dict[str, str]

#: Without one of these no order can be placed.
_FOR_ORDERS = (Page.ITEM, Page.CUSTOMER, Page.SALES_ORDER)


@dataclass(frozen=True)
class Looked:
    """One service that was looked at."""

    name: str
    page: Page | None = None
    contract: Contract | None = None
    note: str = ""  # what there is to say of a service that is not held against a contract
    problem: str = ""  # why it could not be read
    away: bool = False  # NAV gave no answer
    unpublished: bool = False
    optional: bool = False  # everything on the page is


@dataclass(frozen=True)
class Report:
    """Everything that was found."""

    nav: NavSettings
    services: Sequence[Looked]
    pins: Pins

    @cached_property
    def _contracts(self) -> list[Contract]:
        return [one.contract for one in self.services if one.contract]

    @property
    def suggestion(self) -> Suggestion:
        """Settings that would help; empty: none."""
        return suggestion(self._contracts, self.nav)

    def usable(self, page: Page, *, suggested: bool = False) -> bool | None:
        """Return whether the page can be used, as it is or with the suggested settings; None: it was not looked at."""
        found = [one for one in self.services if one.page is page and not one.note]
        if not found:
            return None
        return any(one.contract is not None and _usable(one.contract, self.nav, suggested=suggested) for one in found)

    def offers(self, *pages: Page, suggested: bool = False) -> bool:
        """Return whether at least one of the pages was looked at, and none of those that were is unusable."""
        found = [self.usable(page, suggested=suggested) for page in pages]
        return False not in found and True in found

    @property
    def stock(self) -> bool:
        """Whether stock can be told."""
        return self.offers(Page.ITEM)

    @property
    def orders(self) -> bool:
        """Whether orders can be placed, as far as pages were looked at."""
        return self.usable(Page.SALES_ORDER) is True and self.offers(*_FOR_ORDERS)

    @property
    def away(self) -> bool:
        """Whether NAV left something unanswered."""
        return any(one.away for one in self.services)

    @property
    def complete(self) -> bool:
        """Whether everything that was looked at can be used as it is."""
        return not any(one.problem and not one.optional for one in self.services) and all(
            _usable(contract, self.nav, suggested=False) and not any(self.pins.differences(contract))
            for contract in self._contracts
        )

    def rows(self) -> Iterator[Row]:
        """Yield what was found of everything that is wanted."""
        for one in self.services:
            if one.contract is None:
                problem = f"{one.problem} (optional)" if one.problem and one.optional else one.problem
                yield _row(one.name, wanted_for=one.page.value if one.page else "", found=one.note, problem=problem)
                continue
            if not _named(one.contract, self.nav):
                yield _row(one.name, "(name)", one.contract.page.value, one.name, "not the name in nav.services")
            for want, was in self.pins.differences(one.contract):
                yield _row(
                    one.name, want, "what it was when first met", was, "changed: mend it, or orderwire nav accept"
                )
            for finding in one.contract.findings:
                told = finding.want
                yield _row(one.name, str(told), told.wanted_for, finding.found, _problem(finding, one.contract))

    def follows(self) -> Iterator[Row]:
        """Yield what Orderwire can do with this installation, and what follows where it cannot."""
        yield self._verdict("stock", Page.ITEM, offered=self.stock)
        yield self._verdict("sales orders", *_FOR_ORDERS, offered=self.orders)
        for contract in self._contracts:
            for purpose, otherwise in WITHOUT.items():
                wants = [one for one in contract.findings if one.want.wanted_for == purpose]
                if wants:
                    lacking = any(one.problem for one in wants)
                    yield _follow(contract, purpose, "no" if lacking else "yes", otherwise if lacking else "")
            for finding in contract.findings:
                if finding.want.instead and not finding.problem and not contract.has(finding.want.path):
                    yield _follow(contract, finding.want.name, "yes", f"by {finding.found}")

    def advice(self) -> Iterator[str]:
        """Yield what to do in NAV to get the rest."""
        for one in self.services:
            if one.unpublished and one.page:
                about = NavServices.model_fields[one.page.value].description
                yield f"publish as {one.name}, in NAV's page Web Services, object type Page: {about}"
            if one.contract is not None:
                yield from _lacking(improved(one.contract, self.nav))
        if self.suggestion:
            yield "put into orderwire.yaml what `orderwire nav check --suggest` prints"

    def _verdict(self, what: str, *pages: Page, offered: bool) -> Row:
        unusable = [page.value for page in pages if self.usable(page) is False]
        unseen = [page.value for page in pages if self.usable(page) is None]
        told = []
        if unusable:
            helps = self.offers(*pages, suggested=True)
            told.append(f"not usable{' without --suggest' if helps else ''}: {', '.join(unusable)}")
        if unseen:
            told.append(f"not looked at: {', '.join(unseen)}")
        answer = "yes" if offered else "no" if unusable else "unknown"
        return {"what": what, "offered": answer, "otherwise": "; ".join(told)}


def _usable(contract: Contract, nav: NavSettings, *, suggested: bool) -> bool:
    if suggested:
        contract = improved(contract, nav)
    return (suggested or _named(contract, nav)) and not any(finding.breaks for finding in contract.findings)


def _named(contract: Contract, nav: NavSettings) -> bool:
    """Whether the settings know the page by the name that it is published under."""
    name = getattr(nav.services, contract.page.value) or ""
    return str(name).lower() == contract.wsdl.service.lower()


def _problem(finding: Finding, contract: Contract) -> str:
    if not finding.problem:
        return ""
    problem = finding.problem
    if finding.want.kind not in {"operation", "filter"}:
        sure, perhaps = renamed(finding.want, contract)
        if sure:
            problem = f"renamed to {sure}: see --suggest"
        elif perhaps:
            problem = f"{problem}; is it {perhaps}? then set nav.fields"
    return f"{problem} (optional)" if finding.want.optional else problem


def _lacking(contract: Contract) -> Iterator[str]:
    """Tell what to change on a page, for what no setting helps with."""
    missing = [one.want for one in contract.findings if one.problem]
    fields = dict.fromkeys(want.path for want in missing if want.kind != "operation")
    operations = [want.name for want in missing if want.kind == "operation"]
    service = contract.wsdl.service
    if fields:
        yield f"show on the page published as {service}, with type and options as wanted: {', '.join(fields)}"
    if operations:
        yield f"publish as {service} a page that lets its users {', '.join(operations)}"


def _row(service: str, field_or_operation: str = "", wanted_for: str = "", found: str = "", problem: str = "") -> Row:
    return {
        "service": service,
        "field_or_operation": field_or_operation,
        "wanted_for": wanted_for,
        "found": found,
        "problem": problem,
    }


def _follow(contract: Contract, what: str, offered: str, otherwise: str) -> Row:
    return {"what": f"{contract.wsdl.service}: {what}", "offered": offered, "otherwise": otherwise}
