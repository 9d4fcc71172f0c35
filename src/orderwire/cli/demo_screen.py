"""The demo's scene on a terminal."""

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from orderwire.canonical.response import LineOutcome, OrderOutcome, OrderResponse, ResponseLine
from orderwire.cli.demo_scene import Scene
from orderwire.cli.demo_shipping import PARTNER
from orderwire.cli.output import out, shown
from orderwire.ports.journal import Step
from orderwire.ports.orders import OrderRecord

_COLOURS = {
    OrderOutcome.ACCEPTED: "green",
    OrderOutcome.CHANGED: "yellow",
    OrderOutcome.REJECTED: "red",
    OrderOutcome.HELD: "magenta",
}
_LINE_COLOURS = {LineOutcome.ACCEPTED: "green", LineOutcome.REJECTED: "red"}


def show(scene: Scene) -> None:
    """Print every order's way, the refusals, the stock, and the short order's answer."""
    out.rule("[bold]Orderwire: orders in, stock checked live, sales orders in NAV, answers out")
    for record, response, steps in scene.orders:
        out.print(_order(record, response, steps))
    for document in scene.documents:
        if document.code == "duplicate":
            out.print(Text(f"• {document.name}: sent twice. {document.reason}; the same acknowledgement went back."))
        if document.direction == "in" and document.code == "syntax":
            out.print(Text(f"• {document.name}: refused, and told so by CONTRL. {document.reason}", style="red"))
    out.print()
    out.print(Text("Available in NAV, before and after (inventory less sales orders, base units)", style="bold"))
    out.print(_stock(scene))
    for reply in scene.replies:
        if reply.kind == "ORDRSP" and reply.partner == "toolbox":
            text = Text(reply.text.replace("'", "'\n") if "\n" not in reply.text else reply.text)
            out.print(Panel(text, title=f"The answer to the short order: {reply.name}", title_align="left"))
    out.print(Text(f"Then people at NAV shipped a part of {PARTNER}'s order; the buyer got a DESADV.", style="bold"))
    out.print(_shipped(scene))
    kinds = ", ".join(f"{reply.kind} → {reply.partner}" for reply in scene.replies)
    out.print(Text(f"Answers sent: {kinds}; and over REST, in the response itself."))
    out.print(
        Text(f"Parked for a person: {len(scene.parked)}. NAV is a simulator; all its figures are simulator figures.")
    )


def _order(record: OrderRecord, response: OrderResponse, steps: list[Step]) -> Panel:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in ("line", "item", "free in NAV", "ordered", "confirmed", "unit", "outcome", "why"):
        table.add_column(column)
    free = _free(steps)
    for line, in_nav in zip(response.lines, free or [""] * len(response.lines), strict=True):
        style = _LINE_COLOURS.get(line.outcome, "yellow")
        table.add_row(*_cells(line, in_nav), Text(line.outcome.value, style=style), Text(line.reason_text or ""))
    own = [step.name for step in steps if not step.name.startswith("published")]
    way = " → ".join(dict.fromkeys(name.replace("_", " ") for name in own if name != "resend_asked"))
    outcome = f"[{_COLOURS[response.outcome]}]{response.outcome.value}[/]"
    title = f"{record.order_no} of {record.partner}: {outcome}, NAV {response.erp_no or 'has none'}"
    grid = Table.grid()
    grid.add_row(table)
    grid.add_row(Text(way, style="dim"))
    return Panel(grid, title=title, title_align="left")


def _free(steps: list[Step]) -> list[str]:
    """Return what was free in NAV when each line was decided."""
    for step in steps:
        if step.name == "stock_held" and step.detail:
            return [line["free"] for line in step.detail["lines"]]
    return []


def _cells(line: ResponseLine, in_nav: str) -> tuple[Text, ...]:
    ordered = line.ordered_base or line.ordered
    values = (line.line_no, line.item_no or "?", in_nav, ordered, line.confirmed_base, line.base_unit)
    return tuple(Text(shown(value)) for value in values)


def _shipped(scene: Scene) -> Table:
    table = Table(box=None, header_style="dim")
    for column in ("line", "item", "ordered", "delivered", "still to come", "unit"):
        table.add_column(column, justify="left" if column in {"line", "item", "unit"} else "right")
    for line in scene.shipped:
        quantities = (f"{quantity:f}" for quantity in (line.ordered, line.delivered, line.backordered))
        table.add_row(line.buyer_line_no or "", line.item_no, *quantities, line.unit)
    return table


def _stock(scene: Scene) -> Table:
    table = Table(box=None, header_style="dim")
    for column in ("item", "before", "after", "unit"):
        table.add_column(column, justify="right" if column in {"before", "after"} else "left")
    for no in sorted(scene.after):
        before, after = scene.before[no], scene.after[no]
        style = "" if before.available == after.available else "bold"
        table.add_row(no, str(before.available), str(after.available), after.base_unit, style=style)
    return table
