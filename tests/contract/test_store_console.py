"""The store's contract: what the console asks for. One suite over both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orderwire.pipeline.indexing import Indexing, words_in
from orderwire.ports.journal import DocumentState
from orderwire.ports.ledger import LedgerEntry, LedgerQuery, LedgerSide, LedgerState
from orderwire.ports.overview import FlowPiece, GroupNote, ParkedFilter, WorkerRecord
from orderwire.ports.parking import Parked
from orderwire.ports.search import Place, SavedSearch, Wanted
from orderwire.store import SqlStore
from orderwire.store.parked import group_id
from records import NOON, a_document

MINUTE = timedelta(minutes=1)


def journal(store: SqlStore, document_id: str, content: bytes | None = None, **changes: Any) -> None:
    with store.begin() as tx:
        sha256 = tx.archive.put(content) if content is not None else None
        fields = {"id": document_id, "correlation_id": document_id, "sha256": sha256, "order_no": None, **changes}
        tx.journal.add(a_document(**fields))


def found(store: SqlStore, **wanted: Any) -> list[str]:
    with store.read() as tx:
        return [document.id for document in tx.search.documents(Wanted(**wanted)).documents]


def read_words(store: SqlStore) -> None:
    while Indexing(store, lambda: NOON).turn():
        pass


@pytest.mark.parametrize(
    "number", ["PO-1", "SO-1", "ICR-1", "4012345000009:14", "d1", "family"], ids=lambda number: number
)
def test_one_number_leads_to_the_document(store: SqlStore, number: str) -> None:
    """Whatever people call it by: their number, NAV's, a reference, a sender, an id."""
    numbers: dict[str, Any] = {
        "order_no": "PO-1",
        "erp_no": "SO-1",
        "control_ref": "ICR-1",
        "sender": "4012345000009:14",
    }
    journal(store, "d1", **numbers, correlation_id="family")
    journal(store, "d2", sender="other", control_ref="ICR-2")

    assert found(store, number=number) == ["d1"]


def test_text_inside(store: SqlStore) -> None:
    """All words, or beginnings of words; case, accents and separators do not matter."""
    journal(store, "d1", b"UNB+UNOC:3'LIN+1++4000862141404:SRV'IMD+F++:::Schl\xfcssel'")
    journal(store, "d2", "<cXML><Description>Bohrer Größe 6</Description></cXML>".encode())
    read_words(store)

    assert found(store, words=words_in("4000862141404")) == ["d1"]
    assert found(store, words=words_in("SCHLÜSSEL 40008")) == []
    assert found(store, words=words_in("SCHLÜSSEL 40008"), beginnings=True) == ["d1"]
    assert found(store, words=words_in("groesse")) == []
    assert found(store, words=words_in("bohrer grosse")) == ["d2"]
    assert found(store, words=words_in("bohrer 4000862141404")) == []


@pytest.mark.parametrize(
    "hostile", ["\"' OR 1=1 --", "a* NOT b", "NEAR(x y)", "' & ' | !", "\\':*", "\x00\ud800", "日本"]
)
def test_text_that_is_a_query_is_text(store: SqlStore, hostile: str) -> None:
    """No sign is an operator of the database's own language."""
    journal(store, "d1", b"plain words")
    read_words(store)
    words = words_in(hostile)

    assert found(store, words=words) == [] if words else True


def test_text_narrows_what_came_of_a_file(store: SqlStore) -> None:
    """With a state asked for, the messages of a file are found by the file's words."""
    journal(store, "file", b"one word", kind="file", state=DocumentState.DONE)
    journal(store, "message", b"one word", parent_id="file", correlation_id="file", state=DocumentState.PARKED)
    read_words(store)

    assert found(store, words=("word",)) == ["file"]
    assert found(store, words=("word",), state=DocumentState.PARKED) == ["message"]


@pytest.mark.parametrize("wanted", [{"partner": "acme"}, {"partners": ("acme", "rival")}], ids=["asked", "scope"])
def test_text_finds_a_partners_messages(store: SqlStore, wanted: dict[str, Any]) -> None:
    """Also in a file that is nobody's yet, because its channel names no partner."""
    journal(store, "file", b"one word", kind="file", partner=None)
    for partner in ("acme", "another"):
        journal(store, f"of {partner}", b"one word", parent_id="file", correlation_id="file", partner=partner)
    read_words(store)

    assert found(store, words=("word",), **wanted) == ["of acme"]


def test_the_newest_with_a_word_are_looked_through(store: SqlStore) -> None:
    """Of the days that are asked for; and it is said that there are more."""
    with store.begin() as tx:
        sha256 = tx.archive.put(b"one word")
        for number in range(320):
            at, key, partner = NOON + MINUTE * number, f"d{number:03}", "acme" if number < 9 else "rival"
            tx.journal.add(a_document(id=key, correlation_id=key, sha256=sha256, received_at=at, partner=partner))
    read_words(store)

    old = found(store, words=("word",), until=NOON + 3 * MINUTE)
    middle = found(store, words=("word",), since=NOON + 20 * MINUTE, until=NOON + 22 * MINUTE)
    with store.read() as tx:
        all_of_them, of_acme = (tx.search.documents(Wanted(words=("word",), partner=one)) for one in (None, "acme"))
        of_a_day = tx.search.documents(Wanted(words=("word",), until=NOON + 3 * MINUTE))

    assert (old, middle) == (["d002", "d001", "d000"], ["d021", "d020"])
    assert (len(all_of_them.documents), all_of_them.looked_through) == (50, 300)
    assert (of_acme.documents, of_acme.looked_through) == ([], 300)
    assert of_a_day.looked_through is None


def test_a_number_that_many_bear(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are looked through for what else is asked, up to a bound; beyond, it is said."""
    with store.begin() as tx:
        for number in range(700):
            partner = "rival" if number == 699 else "acme"
            tx.journal.add(
                a_document(id=f"d{number}", sender="shared", partner=partner, received_at=NOON + MINUTE * number)
            )
    asked = Wanted(number="shared", partner="rival")
    with store.read() as tx:
        whole = tx.search.documents(asked)
        monkeypatch.setattr("orderwire.store.search._SAME_NUMBER", 600)
        cut = tx.search.documents(asked)

    assert ([one.id for one in whole.documents], whole.looked_through) == (["d699"], None)
    assert cut.looked_through == 600


def test_words_are_read_once(store: SqlStore) -> None:
    """What came while the last look was taken is read by the next one."""
    journal(store, "d1", b"first", received_at=NOON)
    read_words(store)
    journal(store, "d0", b"second", received_at=NOON - MINUTE)
    read_words(store)

    with store.read() as tx:
        assert tx.texts.unread(10) == []
    assert found(store, words=("second",)) == ["d0"]


def test_pages_follow_each_other(store: SqlStore) -> None:
    """Without a gap or a repetition, also among documents of one instant."""
    for number in range(7):
        journal(store, f"d{number}", received_at=NOON + MINUTE * (number // 3))
    pages, after = [], None
    while True:
        with store.read() as tx:
            page = tx.search.documents(Wanted(limit=2, after=after)).documents
        if not page:
            break
        pages.append([document.id for document in page])
        after = Place(page[-1].received_at, page[-1].id)

    assert [document for page in pages for document in page] == ["d6", "d5", "d4", "d3", "d2", "d1", "d0"]


def test_late_answers_are_counted_by_partner(store: SqlStore) -> None:
    """Those only that somebody may see, and no others are listed to him."""
    with store.begin() as tx:
        for number, partner in enumerate(("acme", "rival", "rival")):
            for state in (LedgerState.LATE, LedgerState.OPEN):
                key, side = f"{state.value}-{number}", LedgerSide.OWED
                tx.ledger.open(LedgerEntry(key, key, partner, side, "ORDRSP", "PO-1", NOON, NOON, state))
    with store.read() as tx:
        counts = tx.overview.late(()), tx.overview.late(("rival",)), tx.overview.late(("stranger",))
        listed = tx.ledger.find(LedgerQuery(states=(LedgerState.LATE,), partners=("rival",)))

    assert counts == ({"acme": 1, "rival": 2}, {"rival": 2}, {})
    assert [entry.id for entry in listed] == ["late-1", "late-2"]


def test_nobody_sees_beyond_his_partners(store: SqlStore) -> None:
    """In searches, counts and failures; what is of nobody known is seen by those only who see everything."""
    for partner in ("acme", "rival", None):
        journal(store, f"of {partner}", partner=partner, state=DocumentState.WAITING)
        park(store, f"p {partner}", partner=partner)
    with store.read() as tx:
        counts = [(one.partner, one.count) for one in tx.overview.under_way(("acme",))]
        groups = [group.partner for group in tx.failures.groups(("acme",), NOON)]
        parked = [one.partner for one in tx.overview.parked(("acme",))]
        ids = tx.failures.ids(ParkedFilter(scope=("acme",)))

    assert found(store, partners=("acme",)) == ["of acme"]
    assert (counts, groups, parked, list(ids)) == ([("acme", 1)], ["acme"], ["acme"], ["p acme"])
    assert len(found(store)) == 3


def park(store: SqlStore, parked_id: str, fingerprint: str = "cause", at: datetime = NOON, **changes: Any) -> None:
    fields: dict[str, Any] = {
        "document_id": None, "order_no": None, "partner": "acme", "flow": "decode", "code": "mapping", "reason": "no",
        "facts": {}, "body": b"", "attempts": 1, "first_at": at, "last_at": at, "fingerprint": fingerprint,
    }  # fmt: skip
    with store.begin() as tx:
        tx.parked.add(Parked(id=parked_id, **{**fields, **changes}))


def test_failures_by_their_cause(store: SqlStore) -> None:
    """Counted, with first, last and what people say; settled ones are gone from the count and not from the trend."""
    for number in range(3):
        park(store, f"p{number}", "a", NOON - 90 * MINUTE * number, reason=f"reason {number}")
    park(store, "q", "b", NOON - MINUTE)
    with store.begin() as tx:
        tx.parked.settle("p2", "discarded", "x")
        tx.failures.note(GroupNote(group_id("a"), "ann", "asked the buyer", "bob", NOON))
    with store.read() as tx:
        groups = tx.failures.groups((), NOON)
        trends = tx.failures.trends([group_id("a")], NOON - 200 * MINUTE, 6000)
        members = [entry.id for entry in tx.failures.members(group_id("a"), (), 10)]

    assert [(group.count, group.recent, group.reason) for group in groups] == [(2, 1, "reason 0"), (1, 1, "no")]
    assert (groups[0].assignee, groups[0].note, groups[0].last_at) == ("ann", "asked the buyer", NOON)
    assert dict(trends[group_id("a")]) == {0: 1, 1: 1, 2: 1}
    assert members == ["p0", "p1"]


def test_the_pulse(store: SqlStore) -> None:
    """How many ended in each piece of time, and how long they took; what a person ended took no time."""
    for number, seconds in enumerate((2, 4, 9)):
        received = NOON + MINUTE * 10 * (number // 2)
        changes: dict[str, Any] = {"received_at": received, "finished_at": received + timedelta(seconds=seconds)}
        journal(store, f"d{number}", state=DocumentState.DONE, kind="ORDERS", **changes)
    for state in (DocumentState.DISCARDED, DocumentState.REPLAYED):  # a person ended it, days later
        journal(store, state.value, state=state, kind="ORDERS", received_at=NOON - 9000 * MINUTE, finished_at=NOON)
    with store.read() as tx:
        beats = tx.overview.pulse(NOON, 600, ())
        ended = tx.overview.ended(NOON, ())

    assert [(beat.start, beat.count, beat.mean_seconds, beat.worst_seconds) for beat in beats] == [
        (NOON, 2, 3, 4),
        (NOON + 10 * MINUTE, 1, 9, 9),
    ]
    assert sum(one.count for one in ended if one.state is DocumentState.DONE) == 3


def test_workers_come_and_go(store: SqlStore) -> None:
    """The last word of each counts."""
    worker = WorkerRecord("w", "host", 1, "1.0", NOON, NOON)
    with store.begin() as tx:
        tx.workers.beat(worker)
        tx.workers.beat(WorkerRecord("w", "host", 1, "1.0", NOON, NOON + MINUTE, {"fulfil": {"reason": "NAV is away"}}))
        tx.workers.beat(WorkerRecord("old", "host", 2, "1.0", NOON, NOON))
        tx.workers.end_before(NOON + MINUTE)
    with store.read() as tx:
        [known] = tx.workers.all()

    assert (known.seen_at, known.paused) == (NOON + MINUTE, {"fulfil": {"reason": "NAV is away"}})


def test_flows_of_all_workers_together(store: SqlStore) -> None:
    """What a worker says again replaces what it said; it stays when the worker ends, and goes when it is old."""
    piece = FlowPiece("fulfil", NOON, 2, 3.0, 2.0)
    with store.begin() as tx:
        tx.workers.tell("w1", [piece, replace(piece, start=NOON - 5 * MINUTE)])
        tx.workers.tell("w1", [replace(piece, count=3, seconds=4.5)])
        tx.workers.tell("w2", [replace(piece, count=1, seconds=7.0, worst_seconds=7.0), replace(piece, flow="decode")])
        tx.workers.tell("w2", [])
        tx.workers.end("w2")
    with store.read() as tx:
        found = {(one.flow, one.start): one for one in tx.workers.flows(NOON)}
        assert len(tx.workers.flows(NOON - 5 * MINUTE)) == 3
    with store.begin() as tx:
        tx.workers.forget_flows(NOON)
        assert len(tx.workers.flows(NOON - 5 * MINUTE)) == 2

    assert found == {
        ("fulfil", NOON): FlowPiece("fulfil", NOON, 4, 11.5, 7.0),
        ("decode", NOON): replace(piece, flow="decode"),
    }


def test_saved_searches_are_ones_own(store: SqlStore) -> None:
    """One of a name; another user has his own."""
    with store.begin() as tx:
        for user, query in (("ann", "q=1"), ("ann", "q=2"), ("bob", "q=3")):
            tx.search.save(SavedSearch(user, "mine", query))
        tx.search.forget("bob", "mine")
    with store.read() as tx:
        assert [search.query for search in tx.search.saved("ann")] == ["q=2"]
        assert tx.search.saved("bob") == []


def test_looks_write_nothing(store: SqlStore) -> None:
    """The database itself refuses."""
    with pytest.raises(Exception, match=r"read.?only"), store.read() as tx:
        tx.audit.add(datetime.now(UTC), "x", "x", "x", "x")
