"""`orderwire partner`: scaffold a profile, check profiles with their samples, and write samples."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from orderwire.canonical.order import Channel, ItemId, ItemScheme
from orderwire.cli.context import ConfigDir, need_folder, read_settings
from orderwire.cli.output import Json, emit, out
from orderwire.cli.scaffold import cxml_profile, edi_profile
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets, missing
from orderwire.config.settings import Settings
from orderwire.connectors import connect_all, decoders_of
from orderwire.connectors.channels.as2_parties import RENEW, As2Parties
from orderwire.connectors.channels.names import channel_of
from orderwire.connectors.edi.sample import known_items, sample_orders
from orderwire.connectors.punchout.sample import sample_order
from orderwire.errors import ConfigurationError, OrderwireError
from orderwire.ports.clock import system_clock
from orderwire.ports.intake import DecodedFile, DecodeHint, Decoder, Severity

app = typer.Typer(no_args_is_help=True)
samples = typer.Typer(no_args_is_help=True, help="Documents as the partner would send them.")
app.add_typer(samples, name="sample")


@app.command()
def new(
    key: Annotated[str, typer.Argument(help="Lower case letters, digits, - and _.")],
    name: Annotated[str, typer.Option(help="The partner's name.")],
    customer_no: Annotated[str, typer.Option(help="The customer in NAV.")],
    ours: Annotated[str, typer.Option(help="Under which the partner knows us: a GLN, or DOMAIN:IDENTITY in cXML.")],
    gln: Annotated[str | None, typer.Option(help="Under which the partner sends EDIFACT.")] = None,
    cxml: Annotated[str | None, typer.Option(help="DOMAIN:IDENTITY under which the partner sends cXML.")] = None,
    url: Annotated[str | None, typer.Option(help="Where the partner takes cXML; none: it gets none.")] = None,
    config: ConfigDir = None,
) -> None:
    """Make a partner's folder, for EDIFACT (--gln) or cXML (--cxml). Nothing needs a restart."""
    if (gln is None) is (cxml is None):
        raise typer.BadParameter("one of --gln and --cxml says how the partner sends")
    folder = read_settings(config).config_dir / "partners" / key
    if folder.exists():
        raise ConfigurationError("there is a partner of that key already", partner=key)
    profile = (
        cxml_profile(key, name, customer_no, cxml, ours, url)
        if cxml is not None
        else edi_profile(key, name, customer_no, gln or "", ours)
    )
    (folder / "codes").mkdir(parents=True)
    (folder / "samples").mkdir()
    (folder / "partner.yaml").write_text(profile, encoding="utf-8")
    (folder / "codes" / "items.csv").write_text("scheme,value,item_no\n", encoding="utf-8")
    try:
        Partners(folder.parent.parent).get(key)
    except OrderwireError:
        out.print(f"{folder} is made, and wants mending:", markup=False)
        raise
    out.print(f"Made {folder / 'partner.yaml'}.", markup=False)
    out.print(f"Put orders of theirs into {folder / 'samples'}, then: orderwire partner check {key}", markup=False)


@app.command()
def check(
    keys: Annotated[list[str] | None, typer.Argument(help="Partner keys; none: all.")] = None,
    config: ConfigDir = None,
    *,
    as_json: Json = False,
) -> None:
    """Check profiles, secrets, certificates and samples. Ends 1 when something is wrong with one of them."""
    settings = read_settings(config)
    need_folder(settings)
    partners = Partners(settings.config_dir)
    decoders = decoders_of(connect_all(settings))
    rows = [row for key in keys or partners.keys() for row in _check(key, settings, partners, decoders)]
    rows += [
        {"partner": "", "what": "all", "ok": False, "text": text}
        for text in partners.problems()
        if "belongs to" in text
    ]
    emit(rows, ("partner", "what", "ok", "text"), as_json=as_json, empty="No partners.")
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


@samples.command()
def orders(
    key: Annotated[str, typer.Argument(help="The partner's key.")],
    item: Annotated[
        list[str] | None, typer.Option(help="SCHEME:NUMBER, e.g. gtin:4099999001019; none: from codes/items.csv.")
    ] = None,
    into: Annotated[Path | None, typer.Option(help="File to write; none: standard output.", dir_okay=False)] = None,
    config: ConfigDir = None,
    *,
    live: Annotated[bool, typer.Option("--live", help="Not marked as a test.")] = False,
) -> None:
    """Write an order as the partner would send it, by its profile: for the partner to compare with its own."""
    partner = Partners(read_settings(config).config_dir).get(key)
    items = [_item(each) for each in item] if item else known_items(partner)
    write = sample_orders if partner.edi is not None or partner.cxml is None else sample_order
    content = write(partner, items, system_clock(), test=not live)
    if into is None:
        typer.get_binary_stream("stdout").write(content)
    else:
        into.write_bytes(content)
        out.print(f"Wrote {into}.", markup=False)


def _item(text: str) -> ItemId:
    scheme, _, number = text.partition(":")
    if scheme not in set(ItemScheme) or not number:
        raise typer.BadParameter(f"{text}: write it as {', '.join(ItemScheme)}, then a colon and the number")
    return ItemId(scheme=ItemScheme(scheme), value=number)


def _check(
    key: str, settings: Settings, partners: Partners, decoders: Mapping[Channel, Decoder]
) -> Iterator[dict[str, Any]]:
    try:
        profile = partners.get(key)
    except OrderwireError as error:
        yield {"partner": key, "what": "profile", "ok": False, "text": str(error)}
        return
    yield {"partner": key, "what": "profile", "ok": True, "text": profile.name}
    yield from ({"partner": key, **row} for row in _means(profile, settings))
    for sample in sorted((settings.config_dir / "partners" / key / "samples").glob("*.*")):
        decoded = decoders[channel_of(sample.name)].decode(sample.read_bytes(), DecodeHint(key, sample.name), partners)
        yield {"partner": key, "what": sample.name, **_verdict(decoded, sample, profile)}


def _means(profile: PartnerProfile, settings: Settings) -> Iterator[dict[str, Any]]:
    """Tell of secrets that are missing, and until when certificates hold."""
    secrets = Secrets()
    for what, wanted in missing(profile, secrets):
        yield {"what": what, "ok": False, "text": f"no secret: give {' or '.join(wanted)}"}
    if profile.as2 is None:
        return
    now = datetime.now(UTC)
    for expiry in As2Parties(settings).expiries(profile, profile.as2):
        what = f"AS2 certificate {expiry.whose}"
        if expiry.until is None:
            yield {"what": what, "ok": False, "text": expiry.problem or "cannot be read"}
            continue
        days = (expiry.until - now).days
        text = f"holds until {expiry.until:%Y-%m-%d}, {days} days" if days >= 0 else f"expired {expiry.until:%Y-%m-%d}"
        yield {"what": what, "ok": days >= 0, "text": f"{text}: renew it" if 0 <= days < RENEW.days else text}


def _verdict(decoded: DecodedFile, sample: Path, profile: PartnerProfile) -> dict[str, Any]:
    """A sample whose name begins with `broken` must be refused, every other must be understood."""
    problems = [finding.text for finding in decoded.findings if finding.severity is Severity.REJECT]
    orders: list[str] = []
    notices: list[str] = []
    for interchange in decoded.interchanges:
        problems += [finding.text for finding in interchange.findings if finding.severity is Severity.REJECT]
        if interchange.partner != profile.key:
            problems.append(f"comes from {interchange.partner or 'nobody we know'}: {interchange.sender}")
        for message in interchange.messages:
            problems += [finding.text for finding in message.findings if finding.severity is Severity.REJECT]
            problems += [str(message.error)] if message.error else []
            orders += [message.order.order_no] if message.order else []
            notices += [message.kind] if message.notice else []
    if sample.name.startswith("broken"):
        return {"ok": bool(problems), "text": "refused: " + "; ".join(problems) if problems else "was not refused"}
    if not problems and not orders and not notices:
        problems = ["no message that is understood"]
    understood = [f"order {order_no}" for order_no in orders] + notices
    return {"ok": not problems, "text": "; ".join(problems) or ", ".join(understood)}
