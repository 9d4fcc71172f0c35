"""cXML orders: ours from bytes to the event, against a bare parse with DTD validation, and against xmltodict."""

import hashlib
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from lxml import etree

from benchmarks.cxml_orders import SECRET, generate
from benchmarks.measure import Result, Spread, interleave, ratios

#: Where the DTDs lie, when they are there at all: they are not ours to ship.
DTDS: Final = Path(__file__).parents[2] / "shared/corpus/cxml-dtd"
_NOW: Final = datetime(2026, 11, 21, 8, tzinfo=UTC)
_SMALL_LINES, _LARGE_LINES, _SMALL_ORDERS = 5, 10_000, 200
_PROFILE: Final = f"""name: Procure AG
customer_no: C50000
cxml:
  identities: [{{domain: NetworkID, identity: AN09999000050}}]
  ours: [{{domain: NetworkID, identity: AN09999000013}}]
  shared_secret_sha256: {hashlib.sha256(SECRET.encode()).hexdigest()}
"""


def run(repetitions: int) -> list[Result]:
    """Measure, print, and return the results."""
    small, large = generate(_SMALL_LINES), generate(_LARGE_LINES)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        ours = _ours(Path(folder))
        for name, content, times in (
            (f"order of {len(small) / 1024:.1f} KB", small, _SMALL_ORDERS),
            (f"order of {_LARGE_LINES} lines, {len(large) / 1e6:.1f} MB", large, 1),
        ):
            print(f"cXML: {name}, bytes to authenticated, checked event; {repetitions} interleaved repetitions")
            work = {"ours": ours, **_peers()}
            spreads = interleave({each: _often(one, content, times) for each, one in work.items()}, repetitions)
            print(f"  {'Orderwire':<34}{_milliseconds(spreads['ours'], times):>9.2f} ms")
            results += [_compare(name, peer, spreads, times) for peer in spreads if peer != "ours"]
    return results


def _often(read: Callable[[bytes], int], content: bytes, times: int) -> Callable[[], int]:
    return lambda: sum(read(content) for _ in range(times))


def _ours(config: Path) -> Callable[[bytes], int]:
    """Parse within limits, prove the Sender, map, check, and write the event's JSON as it goes into the outbox."""
    from orderwire.canonical.envelope import EventType
    from orderwire.config.partners import Partners
    from orderwire.config.secrets import Secrets
    from orderwire.connectors.punchout.authenticate import Door
    from orderwire.connectors.punchout.decoder import interchange_of, open_document
    from orderwire.connectors.punchout.settings import XmlLimits
    from orderwire.pipeline.work import Source, next_event
    from orderwire.ports.intake import DecodeHint, Finding

    folder = config / "partners/procure"
    folder.mkdir(parents=True)
    folder.joinpath("partner.yaml").write_text(_PROFILE)
    door, limits = Door(Partners(config), Secrets({})), XmlLimits()

    def read(content: bytes) -> int:
        opened = open_document(content, limits)
        partner = opened if isinstance(opened, Finding) else door.admit(opened.envelope, _NOW)
        if isinstance(opened, Finding) or isinstance(partner, Finding):
            raise SystemExit("the generated order is refused")
        [message] = interchange_of(opened, partner, DecodeHint(partner.key), limits).messages
        if message.order is None:
            raise SystemExit("the generated order is none")
        source = Source("document-1", "document-1", partner.key)
        return len(next_event(EventType.ORDER_RECEIVED, message.order, source, _NOW).model_dump_json())

    return read


def _peers() -> dict[str, Callable[[bytes], int]]:
    import xmltodict

    peers: dict[str, Callable[[bytes], int]] = {
        f"xmltodict {version('xmltodict')}": lambda content: len(xmltodict.parse(content))
    }
    if DTDS.is_dir():
        dtd = etree.DTD(file=str(DTDS / "cXML.dtd"))
        peers[f"lxml {version('lxml')}, parse and DTD"] = lambda content: _validated(content, dtd)
    else:
        print("  (no DTDs beside the repository: nothing to validate by)")
    return peers


def _validated(content: bytes, dtd: Any) -> int:
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    if not dtd.validate(root):
        raise SystemExit(f"the generated order is not valid: {dtd.error_log}")
    return len(root)


def _compare(name: str, peer: str, spreads: dict[str, Spread], times: int) -> Result:
    ratio, least, greatest = ratios(spreads["ours"], spreads[peer])
    ours, theirs = (_milliseconds(spreads[each], times) for each in ("ours", peer))
    print(f"  {peer:<34}{theirs:>9.2f} ms{ratio:>7.2f}x   {least:.2f} … {greatest:.2f}")
    return Result("cxml", name, "ms", round(ours, 3), peer, round(theirs, 3), round(ratio, 2))


def _milliseconds(spread: Spread, times: int) -> float:
    return spread.median / times * 1000
