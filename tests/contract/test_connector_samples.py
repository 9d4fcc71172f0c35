"""Every connector's samples: inputs beside what they must become, and broken inputs named by the code they must give.

A connector that decodes and brings no samples fails here. An input `order.edi` has its orders beside it in
`order.json`; an input that is JSON itself has them in `<name>.expected.json`.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

from canonicals import said
from orderwire.canonical.order import Channel
from orderwire.config.partners import Partners
from orderwire.config.settings import Settings
from orderwire.connectors import REGISTRY
from orderwire.connectors.channels.names import channel_of
from orderwire.ports.intake import DecodedFile, DecodeHint, Decoder, Severity

CONFIG: Final = Path(__file__).parents[2] / "config"
#: What the channel knows of the sender where the document does not say.
SENDERS: Final = {Channel.API: "webshop"}
_EXPECTED: Final = ".expected.json"


def _decoders() -> dict[str, tuple[Channel, Decoder, Path]]:
    """Return every decoder of the registered connectors, with the folder of its samples."""
    found: dict[str, tuple[Channel, Decoder, Path]] = {}
    for name, module_name in REGISTRY.items():
        module = import_module(module_name)
        folder = Path(str(module.__file__)).parent / "samples"
        for channel, decoder in module.connect(Settings(config_dir=CONFIG)).decoders.items():
            found[f"{name}.{channel.value}"] = (channel, decoder, folder)
    return found


DECODERS: Final = _decoders()


def _is_input(path: Path) -> bool:
    if path.name.endswith((".md", _EXPECTED)) or not path.is_file():
        return False
    return path.suffix != ".json" or not _beside(path)


def _beside(path: Path) -> bool:
    """Tell whether a JSON file is the expectation of an input of that name."""
    return any(other.suffix not in {".json", ".md"} for other in path.parent.glob(f"{path.stem}.*"))


def _expected(path: Path) -> Path:
    return path.with_suffix(_EXPECTED if path.suffix == ".json" else ".json")


def _inputs(folder: str) -> list[Any]:
    return [
        pytest.param(name, path, id=f"{name}-{path.name}")
        for name, (_, _, samples) in DECODERS.items()
        for path in sorted((samples / folder).glob("*"))
        if _is_input(path)
    ]


def _decode(name: str, path: Path) -> DecodedFile:
    channel, decoder, _ = DECODERS[name]
    hint = DecodeHint(partner=SENDERS.get(channel), name=path.name)
    return decoder.decode(path.read_bytes(), hint, Partners(CONFIG))


@pytest.mark.parametrize("name", DECODERS)
def test_a_decoder_has_samples(name: str) -> None:
    """Whoever decodes shows good inputs with what they become, and broken ones."""
    _, _, folder = DECODERS[name]

    good = [path for path in folder.glob("*") if _is_input(path)] if folder.is_dir() else []
    broken = [path for path in (folder / "broken").glob("*") if _is_input(path)]

    assert good, f"{name} has no samples in {folder.name}/"
    assert broken, f"{name} has no broken samples in {folder.name}/broken/"


@pytest.mark.parametrize(("name", "path"), _inputs(""))
def test_a_sample_becomes_what_stands_beside_it(name: str, path: Path) -> None:
    """A good input makes exactly the orders and notices that stand beside it."""
    result = [
        said(message)
        for interchange in _decode(name, path).interchanges
        for message in interchange.messages
        if message.order is not None or message.notice is not None
    ]

    assert result == json.loads(_expected(path).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "path"), _inputs("broken"))
def test_a_broken_sample_gives_the_code_in_its_name(name: str, path: Path) -> None:
    """A broken input `<code>__what.*` is refused, or has no meaning, under that code; it is nobody's order."""
    code, _, what = path.name.partition("__")
    decoded = _decode(name, path)
    messages = [message for interchange in decoded.interchanges for message in interchange.messages]
    findings = [
        *decoded.findings,
        *(finding for interchange in decoded.interchanges for finding in interchange.findings),
        *(finding for message in messages for finding in message.findings),
    ]

    codes = {finding.code for finding in findings if finding.severity is Severity.REJECT}
    codes |= {message.error.code for message in messages if message.error is not None}

    assert what, "a broken sample is named <code>__<what>"
    assert code in codes
    assert not [
        message
        for interchange in decoded.interchanges
        for message in interchange.messages
        if interchange.accepted and message.accepted and message.order is not None and message.error is None
    ]


@pytest.mark.parametrize("path", sorted(CONFIG.glob("partners/*/samples/*")), ids=lambda path: path.name)
def test_a_partners_sample_is_read(path: Path) -> None:
    """The samples in the demo partners' folders decode as their names say: an order, or broken."""
    channel = channel_of(path.name)
    [(_, decoder, _)] = [entry for entry in DECODERS.values() if entry[0] is channel]
    key = path.parent.parent.name

    decoded = decoder.decode(path.read_bytes(), DecodeHint(partner=key, name=path.name), Partners(CONFIG))

    messages = [message for interchange in decoded.interchanges for message in interchange.messages]
    assert all(interchange.partner == key for interchange in decoded.interchanges)
    assert any(message.order and message.accepted for message in messages) is not path.name.startswith("broken")
