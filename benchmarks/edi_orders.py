"""A large D.96A ORDERS interchange in EANCOM style, of 2,000 articles, the same for the same seed."""

import random
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

_WORDS = ("drill", "hammer", "level", "screw 4x40", "gloves", "lead 10 m", "roller", "plane", "chisel", "Säge", "clé")
_TRICKY = ("What size?", "Bolt 1/2' + nut", "Type: A", "3 + 1 free", "Schraube M8 x 40 verzinkt")
_LINES = 40
#: What the buyer orders of: orders over and over hold the same articles.
_ARTICLES = 2_000


def generate(size: int, seed: int = 20260105) -> bytes:
    """Return an interchange of at least `size` bytes, Latin-1, with UNA and released characters."""
    chance = random.Random(seed)
    buyer, supplier = _gs1(chance), _gs1(chance)
    articles = [_article(number, chance) for number in range(_ARTICLES)]
    pieces = ["UNA:+.? '", f"UNB+UNOC:3+{buyer}:14+{supplier}:14+260105:0930+900001++ORDERS'"]
    written = sum(map(len, pieces))
    messages = 0
    for number in count(1):
        if written >= size:
            break
        message = "".join(_message(number, buyer, supplier, articles, chance))
        pieces.append(message)
        written += len(message)
        messages = number
    pieces.append(f"UNZ+{messages}+900001'")
    return "".join(pieces).encode("latin-1")


def _message(
    number: int, buyer: str, supplier: str, articles: list["_Article"], chance: random.Random
) -> Iterator[str]:
    segments = [*_heading(number, buyer, supplier, chance)]
    for line_no in range(1, _LINES + 1):
        segments += _line(line_no, chance.choice(articles), chance.randint(1, 500))
    segments += ["UNS+S", f"CNT+2:{_LINES}"]
    yield f"UNH+{number}+ORDERS:D:96A:UN:EAN008'"
    yield from (f"{segment}'" for segment in segments)
    yield f"UNT+{len(segments) + 2}+{number}'"


def _heading(number: int, buyer: str, supplier: str, chance: random.Random) -> list[str]:
    return [
        f"BGM+220+PO{number:08d}+9",
        "DTM+137:20260105:102",
        "DTM+2:20260119:102",
        f"FTX+AAI+++{_released('Ring at dock 4: ask for Jörg + bring papers. Questions?')}",
        f"RFF+CT:CN{chance.randint(1000, 9999)}",
        f"NAD+BY+{buyer}::9++{_released('Bau & Söhne GmbH')}+Hauptstraße 12+München++80331+DE",
        "RFF+VA:DE123456789",
        "CTA+PD+:Anna Schmidt",
        f"COM+{_released('+49 89 1234567')}:TE",
        f"NAD+SU+{supplier}::9",
        f"NAD+DP+{_gs1(chance)}::9++Lager Nord+Industriestr. 7+Hamburg++20095+DE",
        "CUX+2:EUR:9",
    ]


class _Article(NamedTuple):
    """What is the same on each line that orders it. The price is in cents."""

    gtin: str
    numbers: str
    text: str
    price: int


def _article(number: int, chance: random.Random) -> _Article:
    text = chance.choice(_TRICKY) if number % 6 == 0 else f"{chance.choice(_WORDS)} {chance.choice(_WORDS)}"
    numbers = f"ART-{chance.randint(0, 99_999):05d}:SA+{chance.randint(10_000, 99_999)}:IN"
    return _Article(_gs1(chance), numbers, _released(text), chance.randint(100, 99_999))


def _line(line_no: int, article: _Article, quantity: int) -> list[str]:
    amount = quantity * article.price
    segments = [
        f"LIN+{line_no}++{article.gtin}:EN",
        f"PIA+1+{article.numbers}",
        f"IMD+F++:::{article.text}",
        f"QTY+21:{quantity}:PCE",
        f"MOA+203:{amount // 100}.{amount % 100:02d}",
        f"PRI+AAA:{article.price // 100}.{article.price % 100:02d}",
    ]
    if line_no % 10 == 0:
        segments.insert(4, "DTM+2:20260120:102")
    return segments


def _released(text: str) -> str:
    return text.replace("?", "??").replace("'", "?'").replace("+", "?+").replace(":", "?:")


def _gs1(chance: random.Random) -> str:
    digits = "4" + "".join(chance.choice("0123456789") for _ in range(11))
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
