"""What each service looked like when we first met it, on disk: NAV says nothing when a field vanishes from a page."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.contract import Contract

log = structlog.get_logger(__name__)

_ENUM: Final = "enum "
_CODEUNIT: Final = "codeunit"

#: Want → what was found of it.
Facts = Mapping[str, str]


class Pins:
    """One file per page in the data folder, of this machine's processes. None: nothing is kept."""

    def __init__(self, folder: Path | None, nav: NavSettings) -> None:
        self._folder = folder
        self._installation = f"{nav.url} {nav.company}"

    def differences(self, contract: Contract) -> Iterator[tuple[str, str]]:
        """Yield each want of which something else was found when the page was first met, with what that was."""
        now = _facts(contract)
        wanted = {str(finding.want) for finding in contract.findings}
        for want, was in self._read(contract).items():
            if want in wanted and not _stands(was, now.get(want, "")):
                yield want, was

    def keep(self, contract: Contract) -> None:
        """Remember the page as it is. What cannot be written is said in the log; the work goes on."""
        facts = _facts(contract)
        if self._read(contract) != facts:
            content = {"service": self._service(contract), "fingerprint": contract.wsdl.fingerprint, "found": facts}
            self._keep(contract.page.value, content, contract.wsdl.service)

    def met(self, codeunit: str) -> bool:
        """Whether the codeunit was published when it was last looked for."""
        return self._content(_CODEUNIT).get("service") == f"{self._installation} {codeunit}"

    def meet(self, codeunit: str) -> None:
        """Remember that it is published. What cannot be written is said in the log; the work goes on."""
        if not self.met(codeunit):
            self._keep(_CODEUNIT, {"service": f"{self._installation} {codeunit}"}, codeunit)

    def forget(self) -> None:
        """Meet every page and codeunit anew."""
        for file in self._folder.glob("nav-contract-*.json") if self._folder else ():
            file.unlink(missing_ok=True)

    def _read(self, contract: Contract) -> Facts:
        content = self._content(contract.page.value)
        found = content.get("found") if content.get("service") == self._service(contract) else None
        return {str(want): str(was) for want, was in found.items()} if isinstance(found, dict) else {}

    def _service(self, contract: Contract) -> str:
        return f"{self._installation} {contract.wsdl.service}"

    def _content(self, what: str) -> dict[str, Any]:
        """Return what is kept; what cannot be read is nothing."""
        try:
            content = json.loads(_file(self._folder, what).read_text("utf-8")) if self._folder else {}
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _keep(self, what: str, content: dict[str, Any], service: str) -> None:
        if self._folder is None:
            return
        try:
            _write(_file(self._folder, what), json.dumps(content, indent=1))
        except OSError as error:
            log.warning("contract_not_kept", service=service, cause=type(error).__name__)
        else:
            log.info("contract_kept", service=service, fingerprint=str(content.get("fingerprint", ""))[:16])


def _file(folder: Path, what: str) -> Path:
    return folder / f"nav-contract-{what}.json"


def _facts(contract: Contract) -> dict[str, str]:
    return {str(finding.want): finding.found for finding in contract.findings if finding.found and not finding.problem}


def _stands(was: str, now: str) -> bool:
    """Whether what was found is found still; an option more is no harm."""
    if was.startswith(_ENUM) and now.startswith(_ENUM):
        return set(was.split("|")) <= set(now.split("|"))
    return was == now


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".nav-contract")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
