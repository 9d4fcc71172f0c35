"""Channels over real servers: SFTP against OpenSSH, HTTP against a server that answers as it is told."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.documents import PartnersOf, a_partner
from orderwire.canonical.order import Channel
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets
from orderwire.connectors.channels.sftp import SftpDeliverer, SftpInlet
from orderwire.errors import DeliveryRefusedError, MappingError, UnavailableError
from orderwire.ports.intake import DecodeHint
from services.sshd import Sshd, running

ORDER = b"UNB+UNOC:3+A+B+261121:0800+1'" * 10_000


class Received:
    """A `Receive` that keeps what came, or refuses."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.taken: list[tuple[bytes, Channel, DecodeHint]] = []

    def __call__(self, content: bytes, channel: Channel, hint: DecodeHint) -> str:
        if self.error is not None:
            raise self.error
        self.taken.append((content, channel, hint))
        return str(hint.document_id)

    @property
    def names(self) -> list[str | None]:
        return [hint.name for _, _, hint in self.taken]


class Wound:
    """A clock for the inlet, in seconds."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[Sshd]:
    with tempfile.TemporaryDirectory(prefix="orderwire-sshd-") as folder:
        yield from running(Path(folder))


@pytest.fixture
def sshd(server: Sshd) -> Iterator[Sshd]:
    """The server, with empty folders at the end."""
    yield server
    for folder in (server.inbox, server.outbox):
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


def secrets_of(sshd: Sshd) -> Secrets:
    return Secrets({"ORDERWIRE_PARTNERS__BAUMARKT__SFTP__KEY_FILE": str(sshd.key)})


def partner_of(sshd: Sshd, **changes: Any) -> PartnerProfile:
    section = {
        "host": "127.0.0.1",
        "port": sshd.port,
        "username": sshd.username,
        "host_keys": (sshd.host_key,),
        "inbox": str(sshd.inbox),
        "outbox": str(sshd.outbox),
        "timeout_seconds": 10,
    }
    return a_partner(folder=None, sftp={**section, **changes})


@pytest.fixture
def clock() -> Wound:
    return Wound()


Look = Callable[..., int]


@pytest.fixture
def look(sshd: Sshd, clock: Wound) -> Look:
    """Look into the inbox as often as it takes a file to be found finished."""
    inlets: dict[str, SftpInlet] = {}

    def poll(
        receive: Received, *, times: int = 2, worker: str = "one", max_bytes: int = 1 << 24, **changes: Any
    ) -> int:
        partners = PartnersOf(partner_of(sshd, **changes))
        inlet = inlets.setdefault(worker, SftpInlet(partners, secrets_of(sshd), max_bytes, clock, clock))
        taken = 0
        for _ in range(times):
            taken += inlet.poll(receive)
            clock.now += 60
        return taken

    return poll


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def test_sftp_takes_a_finished_file_once_and_puts_it_aside(sshd: Sshd, look: Look) -> None:
    """A file is received whole, under its name and a stable id, and then stands in the archive folder."""
    sshd.put("order.edi", ORDER)
    received = Received()

    assert look(received, times=4) == 1

    [(content, channel, hint)] = received.taken
    assert (content, channel, hint.name, hint.partner) == (ORDER, Channel.EDI, "order.edi", "baumarkt")
    assert left(sshd.inbox) == []
    [kept] = (sshd.inbox / "done").iterdir()
    assert kept.name.endswith("__order.edi")
    assert kept.read_bytes() == ORDER


def test_sftp_deletes_what_it_took_where_the_profile_says_so(sshd: Sshd, look: Look) -> None:
    """Without an archive folder nothing is left."""
    sshd.put("order.edi", ORDER)

    assert look(Received(), done=None) == 1

    assert list(sshd.inbox.iterdir()) == []


def test_sftp_leaves_a_file_alone_that_still_grows(sshd: Sshd, look: Look) -> None:
    """Only a file that has not changed between two looks is finished."""
    path, received = sshd.put("order.edi", ORDER), Received()

    assert look(received, times=1) == 0
    path.write_bytes(ORDER + b"UNZ+1+1'")
    assert look(received, times=1) == 0
    assert look(received, times=1) == 1
    assert received.taken[0][0] == ORDER + b"UNZ+1+1'"


def test_sftp_leaves_names_of_unfinished_files_alone(sshd: Sshd, look: Look) -> None:
    """Hidden files and those with an upload program's ending are not ours yet."""
    for name in (".order.edi", "order.edi.tmp", "order.edi.filepart", "order.PART"):
        sshd.put(name, ORDER)

    assert look(Received(), times=3) == 0
    assert left(sshd.inbox) == [".order.edi", "order.PART", "order.edi.filepart", "order.edi.tmp"]


def test_sftp_puts_refused_files_aside(sshd: Sshd, look: Look) -> None:
    """A file that nothing can be done with does not come again, and does not stop the next one."""
    sshd.put("large.edi", b"x" * 100)

    assert look(Received(), max_bytes=99) == 0

    [kept] = (sshd.inbox / "refused").iterdir()
    assert kept.name.endswith("__large.edi")
    sshd.put("bad.edi", ORDER)
    assert look(Received(MappingError("no")), worker="two") == 0
    assert len(list((sshd.inbox / "refused").iterdir())) == 2


def test_sftp_file_of_a_worker_that_died_is_taken_under_the_same_id(sshd: Sshd, look: Look, clock: Wound) -> None:
    """A claim nobody finished is taken over, and keeps its document id, so that nothing is done twice."""
    sshd.put("order.edi", ORDER)
    look(Received(UnavailableError("the store is away")))
    assert [name[:9] for name in left(sshd.inbox)] == [".claimed-"]
    key = left(sshd.inbox)[0].split("-", 2)[2].partition("__")[0]
    received = Received()

    assert look(received, worker="two") == 0
    clock.now += 600
    assert look(received, worker="two") == 1

    assert received.names == ["order.edi"]
    [kept] = (sshd.inbox / "done").iterdir()
    assert kept.name == f"{key}__order.edi"


def test_sftp_file_is_claimed_by_one_of_two_workers(sshd: Sshd, look: Look) -> None:
    """Renaming decides: the slower worker finds nothing."""
    for number in range(5):
        sshd.put(f"order-{number}.edi", ORDER)
    received = Received()
    look(received, times=1, worker="one")
    look(received, times=1, worker="two")

    taken = [look(received, times=1, worker=worker) for worker in ("one", "two", "one", "two")]

    assert sum(taken) == 5
    assert sorted(str(name) for name in received.names) == [f"order-{number}.edi" for number in range(5)]


def test_sftp_delivers_whole_files_and_replaces_them(sshd: Sshd) -> None:
    """Delivering again leaves one file with the last content, and nothing unfinished."""
    deliverer, partner = SftpDeliverer(secrets_of(sshd)), partner_of(sshd)

    deliverer.deliver("ORDRSP_1.edi", ORDER, "application/edifact", partner)
    via = deliverer.deliver("ORDRSP_1.edi", b"short", "application/edifact", partner)

    assert via == f"sftp:127.0.0.1:{sshd.outbox}/ORDRSP_1.edi"
    assert {path.name: path.read_bytes() for path in sshd.outbox.iterdir()} == {"ORDRSP_1.edi": b"short"}


def test_sftp_makes_the_outbox(sshd: Sshd) -> None:
    """A folder that is not there yet is made."""
    partner = partner_of(sshd, outbox=str(sshd.outbox / "new"))

    SftpDeliverer(secrets_of(sshd)).deliver("a.edi", b"x", "application/edifact", partner)

    assert (sshd.outbox / "new/a.edi").read_bytes() == b"x"


def test_sftp_refuses_a_server_with_another_key(sshd: Sshd) -> None:
    """Whoever answers in the server's place gets neither credentials nor documents; nor is it tried again."""
    stranger = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    with pytest.raises(DeliveryRefusedError, match="not the one we know"):
        SftpDeliverer(secrets_of(sshd)).deliver(
            "a.edi", b"x", "application/edifact", partner_of(sshd, host_keys=(stranger,))
        )

    assert list(sshd.outbox.iterdir()) == []


def test_sftp_refused_credentials_are_not_tried_again(sshd: Sshd) -> None:
    """A password the server does not take parks at once: retries would lock the account."""
    secrets = Secrets({"ORDERWIRE_PARTNERS__BAUMARKT__SFTP__PASSWORD": "wrong"})

    with pytest.raises(DeliveryRefusedError, match="refuses our credentials"):
        SftpDeliverer(secrets).deliver("a.edi", b"x", "application/edifact", partner_of(sshd))


def test_sftp_folder_without_permission_is_a_refusal(sshd: Sshd) -> None:
    """What the server does not permit, it will not permit in a minute."""
    locked = sshd.outbox / "locked"
    locked.mkdir(mode=0o555)
    partner = partner_of(sshd, outbox=str(locked))

    with pytest.raises(DeliveryRefusedError, match="does not permit"):
        SftpDeliverer(secrets_of(sshd)).deliver("a.edi", b"x", "application/edifact", partner)


def test_sftp_server_that_is_down_is_tried_again(sshd: Sshd) -> None:
    """No answer: the ladder."""
    partner = partner_of(sshd, port=1)

    with pytest.raises(UnavailableError):
        SftpDeliverer(secrets_of(sshd)).deliver("a.edi", b"x", "application/edifact", partner)


def test_sftp_poll_outlives_a_server_that_is_down(sshd: Sshd, look: Look) -> None:
    """The inlet says so in the log, and looks again at the next poll."""
    sshd.put("order.edi", ORDER)
    sshd.stop()
    received = Received()
    assert look(received) == 0
    sshd.start()

    assert look(received) == 1
