"""The gateway codeunit's contract: what is published, and the sources that are offered for NAV."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from navwire import NAV, ScriptedLanes
from orderwire.connectors.nav.gateway import OPERATION, PARAMETERS, Gateway
from orderwire.connectors.nav.pins import Pins
from orderwire.errors import BrokenContractError, UnavailableError
from orderwire.simulators.nav.wsdl import codeunit_wsdl

SOURCES = Path(__file__).parents[4] / "config/nav"
NOW = datetime(2026, 3, 4, tzinfo=UTC)


class Watch:
    """Seconds that only the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def published(*parameters: str, function: str = OPERATION) -> ScriptedLanes:
    content = codeunit_wsdl("OrderwireGateway", function, dict.fromkeys(parameters, "string"), (), "http://nav.invalid")
    return ScriptedLanes(wsdls={"OrderwireGateway": content})


def gateway(lanes: ScriptedLanes, monotonic: Watch, mode: str = "auto", folder: Path | None = None) -> Gateway:
    nav = NAV.model_copy(update={"gateway": mode})
    return Gateway(nav, lanes, lambda: NOW, monotonic, pins=Pins(folder, nav))


@pytest.mark.parametrize(
    "lanes", [published(*PARAMETERS[::-1]), published("a"), published(*PARAMETERS, function="Other")]
)
def test_another_contract_is_refused(lanes: ScriptedLanes) -> None:
    """A codeunit of that name with other parameters is not called, and not passed over in silence."""
    with pytest.raises(BrokenContractError, match="another contract"):
        gateway(lanes, Watch()).published()


def test_what_is_no_wsdl_is_no_answer() -> None:
    """A proxy's page does not mean that the codeunit is not there."""
    lanes = ScriptedLanes(wsdls={"OrderwireGateway": b"<html/>"})
    with pytest.raises(UnavailableError):
        gateway(lanes, Watch()).published()


def test_publishing_is_noticed_without_a_restart() -> None:
    """Whether the codeunit is there is asked again after five minutes, and not with every order."""
    lanes, watch = ScriptedLanes(), Watch()
    found = gateway(lanes, watch)
    assert [found.published(), found.published()] == [False, False]
    lanes.wsdls |= published(*PARAMETERS).wsdls
    watch.now = 299
    assert not found.published()
    watch.now = 301
    assert found.published()
    assert len(lanes.sent) == 2


def test_what_vanishes_is_missed(tmp_path: Path) -> None:
    """Orders do not go by the page in silence: neither in this process nor after a restart, until a person says so."""
    lanes, watch = published(*PARAMETERS), Watch()
    found = gateway(lanes, watch, folder=tmp_path)
    assert found.published()
    lanes.wsdls = {}
    watch.now = 301
    for one in (found, gateway(lanes, Watch(), folder=tmp_path), found):
        with pytest.raises(BrokenContractError, match="not published any more: publish it again, or go on without it"):
            one.published()

    Pins(tmp_path, NAV).forget()

    assert not found.published()


def test_another_installation_is_not_missed(tmp_path: Path) -> None:
    """What one company had published, another company need not have."""
    assert gateway(published(*PARAMETERS), Watch(), folder=tmp_path).published()
    nav = NAV.model_copy(update={"company": "Another"})
    assert not Gateway(nav, ScriptedLanes(), lambda: NOW, Watch(), pins=Pins(tmp_path, nav)).published()


@pytest.mark.parametrize("content", ["[]", "{", '{"service": 1}'])
def test_a_spoilt_memory_is_none(tmp_path: Path, content: str) -> None:
    """What was kept and cannot be read any more stops nothing."""
    (tmp_path / "nav-contract-codeunit.json").write_text(content, "utf-8")
    assert not gateway(ScriptedLanes(), Watch(), folder=tmp_path).published()


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("cal/OrderwireGateway.txt", r"PROCEDURE PlaceOrder@\d+\((.*)\) : Text;"),
        ("al/OrderwireGateway.Codeunit.al", r"procedure PlaceOrder\((.*)\): Text"),
    ],
)
def test_the_sources_have_the_contracts_parameters(file: str, pattern: str) -> None:
    """Name by name and in its order; those that are given back are VAR. NAV lower-cases the first letter only."""
    [signature] = re.findall(pattern, (SOURCES / file).read_text("utf-8"))
    parameters = [parameter.partition(":")[0].strip() for parameter in signature.split(";")]
    names = [re.sub(r"^var |@\d+", "", parameter, flags=re.IGNORECASE) for parameter in parameters]
    assert tuple(names) == PARAMETERS
    given = [name for name, parameter in zip(names, parameters, strict=True) if parameter.lower().startswith("var ")]
    assert given == ["orderNo", "lines"]


@pytest.mark.parametrize("file", ["cal/OrderwireGateway.txt", "al/OrderwireGateway.Codeunit.al"])
def test_the_sources_never_commit(file: str) -> None:
    """One commit inside, and the promise of one transaction is gone."""
    text = (SOURCES / file).read_text("utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.strip().startswith("//"))
    assert not re.search(r"\bcommit\b", code, re.IGNORECASE)
