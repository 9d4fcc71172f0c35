"""Folders: whole files only, each once, whatever partners and processes do in them."""

import os
import time
from pathlib import Path

import pytest

from fakes.documents import PartnersOf, a_partner
from orderwire.canonical.order import Channel
from orderwire.config.profile import FolderProfile
from orderwire.connectors.channels.folder import FolderDeliverer, FolderInlet, printable
from orderwire.errors import DeliveryRefusedError, DuplicateConflictError, UnavailableError
from orderwire.ports.intake import DecodeHint

INBOX = "baumarkt/in"


class Door:
    """A `Receive` that keeps what it was given, each document id once."""

    def __init__(self) -> None:
        self.taken: dict[str, tuple[bytes, Channel, DecodeHint]] = {}
        self.calls = 0
        self.errors: list[BaseException | None] = []

    def __call__(self, content: bytes, channel: Channel, hint: DecodeHint) -> str:
        self.calls += 1
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        assert hint.document_id is not None
        self.taken.setdefault(hint.document_id, (content, channel, hint))
        return hint.document_id

    @property
    def names(self) -> list[str | None]:
        return [hint.name for _, _, hint in self.taken.values()]


@pytest.fixture
def inlet(tmp_path: Path) -> FolderInlet:
    return FolderInlet(tmp_path, PartnersOf(a_partner()), max_bytes=10)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / INBOX
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def door() -> Door:
    return Door()


def put(inbox: Path, name: str, content: bytes = b"UNB", *, age: float = 10) -> Path:
    """Put a file there that was last changed so many seconds ago."""
    path = inbox / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)
    return path


def in_folder(folder: Path) -> list[str]:
    return sorted(path.name.partition("__")[2] for path in folder.iterdir()) if folder.is_dir() else []


def test_finished_file_is_taken(inlet: FolderInlet, inbox: Path, door: Door) -> None:
    """A finished file reaches the door with its partner and name, and goes to done."""
    put(inbox, "order.edi")

    assert inlet.poll(door) == 1

    [(content, channel, hint)] = door.taken.values()
    assert (content, channel, hint.partner, hint.name) == (b"UNB", Channel.EDI, "baumarkt", "order.edi")
    assert in_folder(inbox / "done") == ["order.edi"]
    assert inlet.poll(door) == 0


def test_json_is_for_the_api(inlet: FolderInlet, inbox: Path, door: Door) -> None:
    """The ending says which decoder reads it."""
    put(inbox, "order.JSON")

    inlet.poll(door)

    assert [channel for _, channel, _ in door.taken.values()] == [Channel.API]


def test_inbox_is_made(inlet: FolderInlet, tmp_path: Path, door: Door) -> None:
    """A new partner's folder appears by itself."""
    assert inlet.poll(door) == 0
    assert (tmp_path / INBOX).is_dir()


@pytest.mark.parametrize("folder", [None, FolderProfile(outbox="out")])
def test_partner_without_an_inbox(tmp_path: Path, door: Door, folder: FolderProfile | None) -> None:
    """Nothing is looked for where the profile names no inbox."""
    assert FolderInlet(tmp_path, PartnersOf(a_partner(folder=folder))).poll(door) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [".order.edi", "order.edi.tmp", "order.PART", "order.filepart", "order.edi~"])
def test_half_written_names_are_left_alone(inlet: FolderInlet, inbox: Path, door: Door, name: str) -> None:
    """Names under which programs write what is not finished are not touched, however old."""
    put(inbox, name, age=3600)

    assert inlet.poll(door) == 0
    assert (inbox / name).exists()


@pytest.mark.parametrize("age", [0, 0.5, -5, -1000])
def test_file_that_still_changes_is_left_alone(inlet: FolderInlet, inbox: Path, door: Door, age: float) -> None:
    """What changed a moment ago, or by a clock that is ahead, may still be written."""
    put(inbox, "order.edi", age=age)

    assert inlet.poll(door) == 0


def test_file_of_another_time_zone_is_taken(inlet: FolderInlet, inbox: Path, door: Door) -> None:
    """A time hours ahead is a wrong zone, not a file being written; it would wait for ever."""
    put(inbox, "order.edi", age=-7200)

    assert inlet.poll(door) == 1


def test_only_plain_files_are_taken(inlet: FolderInlet, inbox: Path, door: Door, tmp_path: Path) -> None:
    """A link must not make us read what is not the partner's, and a pipe must not hold us."""
    secret = put(tmp_path, "secret.edi")
    (inbox / "link.edi").symlink_to(secret)
    os.mkfifo(inbox / "pipe.edi")
    (inbox / "folder.edi").mkdir()

    assert inlet.poll(door) == 0
    assert door.calls == 0


def test_two_pollers_take_a_file_once(inlet: FolderInlet, inbox: Path) -> None:
    """The one whose rename came second finds nothing, and takes the next file."""
    put(inbox, "1.edi")
    put(inbox, "2.edi")
    rival = Door()

    class Slow(Door):
        def __call__(self, content: bytes, channel: Channel, hint: DecodeHint) -> str:
            inlet.poll(rival)
            return super().__call__(content, channel, hint)

    first = Slow()
    inlet.poll(first)

    assert (first.names, rival.names) == (["1.edi"], ["2.edi"])


def test_claimed_under_our_hands(inlet: FolderInlet, inbox: Path, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that vanishes between the look and the rename is another process's."""
    put(inbox, "1.edi")
    put(inbox, "2.edi")
    rename = Path.rename

    def race(path: Path, target: Path) -> Path:
        if path.name == "1.edi":
            path.unlink()
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", race)

    inlet.poll(door)

    assert door.names == ["2.edi"]


def test_crash_between_receive_and_move(inlet: FolderInlet, inbox: Path, door: Door) -> None:
    """The next process takes the file up under the same document id: one document."""
    put(inbox, "order.edi")

    class Dying(Door):
        def __call__(self, content: bytes, channel: Channel, hint: DecodeHint) -> str:
            door(content, channel, hint)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inlet.poll(Dying())
    [claimed] = (inbox / ".claimed").iterdir()
    assert inlet.poll(door) == 0  # it may still be at work
    os.utime(claimed, (time.time() - 61,) * 2)

    assert inlet.poll(door) == 1

    assert (len(door.taken), door.calls) == (1, 2)
    assert in_folder(inbox / "done") == ["order.edi"]


def test_store_away(inlet: FolderInlet, inbox: Path, door: Door) -> None:
    """While nothing can be taken in nothing is lost; the next look takes what was in hand, as the same document."""
    put(inbox, "1.edi")
    put(inbox, "2.edi")
    door.errors = [UnavailableError("the database did not answer")]

    with pytest.raises(UnavailableError):
        inlet.poll(door)

    assert in_folder(inbox / ".claimed") == ["1.edi"]
    assert (inbox / "2.edi").exists()
    assert inlet.poll(door) == 2
    assert door.calls == 3


def test_refused_file_is_set_aside(inlet: FolderInlet, inbox: Path, door: Door) -> None:
    """A file that is refused is put where the partner sees it, and the next one is taken."""
    put(inbox, "1.edi")
    put(inbox, "2.edi")
    door.errors = [DuplicateConflictError("used before")]

    assert inlet.poll(door) == 1
    assert in_folder(inbox / "refused") == ["1.edi"]


@pytest.mark.parametrize(("size", "taken"), [(10, 1), (11, 0)])
def test_oversize_is_refused(inlet: FolderInlet, inbox: Path, door: Door, size: int, taken: int) -> None:
    """A file over the limit is not even read to its end."""
    put(inbox, "order.edi", b"x" * size)

    assert inlet.poll(door) == taken
    assert in_folder(inbox / "refused") == ["order.edi"][taken:]


@pytest.mark.parametrize("raw", [b"ordre_\xe9t\xe9.edi", b"x" * 251 + b".edi", b"a\nb.edi", "größe.edi".encode()])
def test_any_file_name(inlet: FolderInlet, inbox: Path, door: Door, raw: bytes) -> None:
    """A name may be of any bytes and any length; it reaches the journal as text, and stops nobody."""
    put(inbox, os.fsdecode(raw))
    put(inbox, "z.edi")

    assert inlet.poll(door) == 2

    for name in door.names:
        assert name
        name.encode()
        assert name.endswith(".edi")


def test_unreadable_file_does_not_stop_the_others(
    inlet: FolderInlet, inbox: Path, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be claimed, or cannot be read now, is left for later."""
    for name in ("1.edi", "2.edi", "3.edi"):
        put(inbox, name)
    rename, opened = Path.rename, Path.open

    def deny_rename(path: Path, target: Path) -> Path:
        if path.name == "1.edi":
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    def deny_open(path: Path, mode: str = "r") -> object:
        if path.name.endswith("2.edi"):
            raise PermissionError(13, "Permission denied")
        return opened(path, mode)

    monkeypatch.setattr(Path, "rename", deny_rename)
    monkeypatch.setattr(Path, "open", deny_open)

    assert inlet.poll(door) == 1
    assert door.names == ["3.edi"]


def test_partner_whose_inbox_cannot_be_read(tmp_path: Path, door: Door) -> None:
    """One partner's broken folder does not stop the others."""
    partners = PartnersOf(
        a_partner(key="a", folder=FolderProfile(inbox="a")), a_partner(key="b", folder=FolderProfile(inbox="b"))
    )
    (tmp_path / "a").write_text("a file where a folder should be")
    (tmp_path / "b").mkdir()
    put(tmp_path / "b", "order.edi")

    assert FolderInlet(tmp_path, partners).poll(door) == 1


@pytest.mark.parametrize("name", ["done", ".claimed", "refused"])
def test_links_in_place_of_our_folders(inlet: FolderInlet, inbox: Path, door: Door, tmp_path: Path, name: str) -> None:
    """A partner that can make links must not lead our files out of the inbox."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    put(elsewhere, "key__planted.edi", age=3600)
    (inbox / name).symlink_to(elsewhere)
    put(inbox, "order.edi")
    door.errors = [DuplicateConflictError("used before")] if name == "refused" else []

    inlet.poll(door)

    assert [path.name for path in elsewhere.iterdir()] == ["key__planted.edi"]
    assert "planted.edi" not in door.names


def test_links_among_the_claimed(inlet: FolderInlet, inbox: Path, door: Door, tmp_path: Path) -> None:
    """A link planted among the claimed files is not followed."""
    secret = put(tmp_path, "secret.edi", age=3600)
    (inbox / ".claimed").mkdir()
    link = inbox / ".claimed" / "key__link.edi"
    link.symlink_to(secret)
    os.utime(link, (time.time() - 3600,) * 2, follow_symlinks=False)

    assert inlet.poll(door) == 0


def test_claimed_file_that_vanishes(inlet: FolderInlet, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may finish an abandoned file at any moment of ours."""
    (inbox / ".claimed").mkdir()
    for name in ("k1__1.edi", "k2__2.edi", "k3__3.edi"):
        put(inbox / ".claimed", name, age=3600)
    lstat = Path.lstat

    def vanish_before(path: Path) -> os.stat_result:
        if path.name == "k1__1.edi":
            path.unlink()
        return lstat(path)

    class Racing(Door):
        def __call__(self, content: bytes, channel: Channel, hint: DecodeHint) -> str:
            if hint.name == "2.edi":
                (inbox / ".claimed" / "k2__2.edi").unlink()
            return super().__call__(content, channel, hint)

    monkeypatch.setattr(Path, "lstat", vanish_before)
    racing = Racing()

    assert inlet.poll(racing) == 2
    assert racing.names == ["2.edi", "3.edi"]
    assert in_folder(inbox / "done") == ["3.edi"]


def test_printable_keeps_what_is_text() -> None:
    """Names that are text stay as they are."""
    assert printable("größe 1.edi") == "größe 1.edi"
    assert printable(os.fsdecode(b"\xff.edi")) == "\ufffd.edi"


def test_delivered_whole(tmp_path: Path) -> None:
    """A delivered file stands in the outbox, alone, and one of the same name is replaced."""
    deliverer, outbox = FolderDeliverer(tmp_path), tmp_path / "baumarkt/out"

    deliverer.deliver("ORDRSP_1.edi", b"first", "application/edifact", a_partner())
    place = deliverer.deliver("ORDRSP_1.edi", b"second", "application/edifact", a_partner())

    assert place == "folder:baumarkt/out/ORDRSP_1.edi"
    assert [(path.name, path.read_bytes()) for path in outbox.iterdir()] == [("ORDRSP_1.edi", b"second")]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/x",
        "a\\b",
        "..\\x",
        ".hidden",
        "a\0b",
        "a\nb",
        "x" * 201,
        "ü" * 120,
        "\udcff",
    ],
)
def test_path_tricks_in_names(tmp_path: Path, name: str) -> None:
    """A name that is more than a name is refused, and nothing is written anywhere."""
    with pytest.raises(DeliveryRefusedError):
        FolderDeliverer(tmp_path).deliver(name, b"x", "text/plain", a_partner())

    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("folder", [None, FolderProfile(inbox="in")])
def test_partner_without_an_outbox(tmp_path: Path, folder: FolderProfile | None) -> None:
    """A partner that takes no files gets none."""
    with pytest.raises(DeliveryRefusedError):
        FolderDeliverer(tmp_path).deliver("a.edi", b"x", "text/plain", a_partner(folder=folder))


def test_outbox_that_cannot_be_made(tmp_path: Path) -> None:
    """A folder that cannot be written now is tried again later."""
    (tmp_path / "baumarkt").write_text("a file where a folder should be")

    with pytest.raises(UnavailableError):
        FolderDeliverer(tmp_path).deliver("a.edi", b"x", "text/plain", a_partner())


def test_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves neither half a file nor a growing heap of them, and the old one stands."""
    deliverer = FolderDeliverer(tmp_path)
    deliverer.deliver("a.edi", b"old", "text/plain", a_partner())

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(UnavailableError):
        deliverer.deliver("a.edi", b"new", "text/plain", a_partner())

    assert [path.read_bytes() for path in (tmp_path / "baumarkt/out").iterdir()] == [b"old"]


def test_reader_never_sees_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is written, the file has a name that no partner's program takes."""
    seen: list[str] = []
    fsync = os.fsync

    def look(descriptor: int) -> None:
        seen.extend(path.name for path in (tmp_path / "baumarkt/out").iterdir())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look)

    FolderDeliverer(tmp_path).deliver("a.edi", b"x", "text/plain", a_partner())

    assert seen[0].startswith(".")
    assert seen[0].endswith(".part")
