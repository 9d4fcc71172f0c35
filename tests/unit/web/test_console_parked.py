"""A parked message in the console: it opens whatever it is, and a copy of it is what was typed."""

from typing import Any

import pytest

from fakes.browser import Browser
from orderwire.errors import MappingError
from orderwire.pipeline.parking import Failure, park
from orderwire.pipeline.work import Source
from orderwire.ports.access import Role
from records import NOON, a_document

ORDER = b"UNB+UNOC:3+1:14+2:14+261121:0800+R'UNH+1+ORDERS:D:96A:UN'FTX+AAI+++from 5 to 6'UNT+3+1'UNZ+1+R'"


@pytest.fixture
def browser(site: Any) -> Browser:
    return Browser(site.services, site.app).become(Role.ADMIN)


def parked(browser: Browser, content: bytes) -> str:
    """Park a file, and return its address."""
    with browser.services.store.begin() as tx:
        document = a_document(
            id="d", correlation_id="d", sha256=tx.archive.put(content), kind="file", received_at=NOON, channel="edi"
        )
        tx.journal.add(document)
        park(tx, Source("d", "d"), Failure(MappingError("no unit", unit="X"), "fulfil"), NOON)
        [entry] = tx.parked.find()
    return f"/console/parked/{entry.id}"


@pytest.mark.parametrize("content", [b"UNA", b"UNA:+.", b"UNA:+.? ", b"UNB", b""])
def test_what_was_cut_off_is_opened_and_discarded(browser: Browser, content: bytes) -> None:
    """A file that ends in its first characters would stand there for ever otherwise."""
    address = parked(browser, content)

    opened = browser.get(address)
    tried = browser.post(f"{address}/edit", {"content": "UNB", "reason": "x"})
    discarded = browser.post(f"{address}/discard", {"reason": "cut off"})

    assert [answer.status_code for answer in (opened, tried, discarded)] == [200, 200, 303]


@pytest.mark.parametrize("act", ["look", "replay"])
def test_a_copy_loses_no_character(browser: Browser, act: str) -> None:
    """What the document's character set has not is named, and what was typed stands there still; nothing is sent."""
    address = parked(browser, ORDER)

    answer = browser.post(f"{address}/edit", {"content": "UNB+UNOC:3'\nFTX+5 \u2013 6'", "reason": "x", "act": act})

    assert answer.status_code == 422
    assert "which has no \u2013 (U+2013 en dash) in line 2" in answer.text
    assert "FTX+5 \u2013 6&#39;</textarea>" in answer.text
    with browser.services.store.read() as tx:
        assert len(tx.parked.find()) == 1
