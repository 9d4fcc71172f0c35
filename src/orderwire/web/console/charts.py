"""Small charts as SVG: figures drawn, with their words beside them for who does not see them."""

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH = 600
_HEIGHT = 100


def bars(values: Sequence[float], label: str, css: str = "chart") -> Markup:
    """Draw one bar for each value, the largest to the top."""
    top, step = max([*values, 1e-9]), _WIDTH / max(1, len(values))
    rects = Markup().join(
        Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            number * step + step * 0.1, _HEIGHT - _scaled(value, top), step * 0.8, _scaled(value, top)
        )
        for number, value in enumerate(values)
        if value > 0
    )
    return _svg(rects, label, css)


def line(values: Sequence[float | None], label: str, css: str = "chart") -> Markup:
    """Draw a line through the values; where there is none, it is broken."""
    known = [value for value in values if value is not None]
    top, step = max([*known, 1e-9]), _WIDTH / max(1, len(values) - 1)
    points: list[str] = []
    pieces: list[list[str]] = []
    for number, value in enumerate(values):
        if value is None:
            pieces, points = _piece(pieces, points), []
        else:
            points.append(f"{number * step:.1f},{_HEIGHT - _scaled(value, top):.1f}")
    drawn = Markup().join(
        Markup('<polyline class="line" points="{}"/>').format(" ".join(p)) for p in _piece(pieces, points)
    )
    return _svg(drawn, label, css)


def _piece(pieces: list[list[str]], points: list[str]) -> list[list[str]]:
    if len(points) == 1:  # one alone would not be seen
        x, _, y = points[0].partition(",")
        points = [f"{float(x) - 3:.1f},{y}", f"{float(x) + 3:.1f},{y}"]
    return [*pieces, points] if points else pieces


def _scaled(value: float, top: float) -> float:
    return value / top * (_HEIGHT - 4)


def _svg(inside: Markup, label: str, css: str) -> Markup:
    grid = Markup('<line class="grid" x1="0" x2="{0}" y1="{1}" y2="{1}"/>').format(_WIDTH, _HEIGHT - 0.5)
    return Markup(
        '<svg class="{}" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}{}</svg>'
    ).format(css, _WIDTH, _HEIGHT, label, grid if css == "chart" else Markup(), inside)
