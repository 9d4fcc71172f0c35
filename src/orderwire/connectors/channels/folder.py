"""Folders: partners put files into an inbox and take them from an outbox."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import structlog

from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.connectors.channels.names import channel_of, is_finished, is_plain
from orderwire.errors import DeliveryRefusedError, LimitError, PermanentError, TransientError, UnavailableError
from orderwire.ports.intake import DecodeHint, Receive

log = structlog.get_logger(__name__)

#: Inside an inbox: files in our hands, taken in, and refused.
CLAIMED: Final = ".claimed"
DONE: Final = "done"
REFUSED: Final = "refused"
#: A claimed file this old was left by a process that died.
ABANDONED_SECONDS: Final = 60.0
#: A file from further in the future than a clock goes wrong bears a time of another zone; it is not being written.
_OTHER_ZONE_SECONDS: Final = 1800.0
#: File systems take 255 bytes; ours get a number in front.
_MAX_NAME_BYTES: Final = 200


@dataclass(frozen=True)
class FolderInlet:
    """Takes in the files of every partner that has an inbox."""

    data_dir: Path
    partners: Partners
    settle_seconds: float = 1.0  # a file is finished when it has not changed for so long
    max_bytes: int = 64 * 1024 * 1024

    def poll(self, receive: Receive) -> int:
        """Take in what is ready and return how many files; one file's trouble does not stop the others.

        Raises:
            TransientError: nothing can be taken in now; what is claimed is taken up again by the next look.
        """
        taken = 0
        for profile in self.partners.all():
            if profile.folder is None or profile.folder.inbox is None:
                continue
            inbox = self.data_dir / profile.folder.inbox
            try:
                inbox.mkdir(parents=True, exist_ok=True)
                for claimed in chain(_abandoned(inbox), self._claim(inbox)):
                    taken += self._take(claimed, inbox, profile, receive)
            except OSError as error:
                log.warning("inbox_unreadable", partner=profile.key, reason=error.strerror)
        return taken

    def _claim(self, inbox: Path) -> Iterator[Path]:
        """Move finished files aside, one by one; only one process succeeds with each."""
        for path in sorted(inbox.iterdir()):
            try:
                if not self._is_finished(path):
                    continue
                target = _within(inbox, CLAIMED) / f"{uuid4()}__{_short(path.name)}"
                path.rename(target)
                os.utime(target)
            except FileNotFoundError:  # another process was faster
                continue
            except OSError as error:
                log.warning("file_not_claimed", name=printable(path.name), reason=error.strerror)
                continue
            yield target

    def _is_finished(self, path: Path) -> bool:
        if not is_finished(path.name) or path.is_symlink() or not path.is_file():
            return False
        age = time.time() - path.stat().st_mtime
        return not -_OTHER_ZONE_SECONDS < age < self.settle_seconds

    def _take(self, claimed: Path, inbox: Path, profile: PartnerProfile, receive: Receive) -> int:
        key, _, name = claimed.name.partition("__")
        hint = DecodeHint(partner=profile.key, name=printable(name), document_id=str(uuid5(NAMESPACE_URL, key)))
        try:
            receive(_read(claimed, self.max_bytes), channel_of(name), hint)
        except TransientError:
            os.utime(claimed, (0, 0))  # abandoned: taken up again by the next look, as the same document
            raise
        except PermanentError as error:
            log.warning("file_refused", partner=profile.key, name=hint.name, code=error.code)
            _move(claimed, _within(inbox, REFUSED))
            return 0
        except OSError as error:  # another process has it, or it cannot be read now
            log.warning("file_not_read", partner=profile.key, name=hint.name, reason=error.strerror)
            return 0
        _move(claimed, _within(inbox, DONE))
        return 1


def printable(name: str) -> str:
    """Return a file name as text that can be stored: its bytes need be of no character set."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _short(name: str) -> str:
    """Cut a name that would be too long with our number in front; its ending says what it is, so that stays."""
    raw = os.fsencode(name)
    return os.fsdecode(raw[-_MAX_NAME_BYTES:])


def _abandoned(inbox: Path) -> Iterator[Path]:
    folder = inbox / CLAIMED
    for path in sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else ():
        try:
            old = time.time() - path.lstat().st_mtime > ABANDONED_SECONDS
        except FileNotFoundError:
            continue
        if old and path.is_file() and not path.is_symlink():
            yield path


def _read(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise LimitError("larger than the configured limit", size=path.stat().st_size, limit=max_bytes)
    return content


def _within(inbox: Path, name: str) -> Path:
    """Return a folder of ours in an inbox; a partner that can make links there must not lead us out of it."""
    folder = inbox / name
    folder.mkdir(exist_ok=True)
    if folder.is_symlink():
        raise NotADirectoryError(0, f"{name} is a link", str(folder))
    return folder


def _move(source: Path, folder: Path) -> None:
    try:
        source.rename(folder / source.name)
    except FileNotFoundError:
        log.info("file_moved_by_another", name=printable(source.name))


@dataclass(frozen=True)
class FolderDeliverer:
    """Puts files into a partner's outbox: whole, or not at all."""

    data_dir: Path

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> str:  # noqa: ARG002  the port
        """Write the file and return its place; a file of that name is replaced whole.

        Raises:
            DeliveryRefusedError: the profile names no outbox, or the name is none for a file in it.
            UnavailableError: the folder cannot be written now.
        """
        if partner.folder is None or partner.folder.outbox is None:
            raise DeliveryRefusedError("the partner has no outbox", partner=partner.key)
        if not is_plain(name) or len(os.fsencode(name)) > _MAX_NAME_BYTES:
            raise DeliveryRefusedError("not a file name", name=name)
        outbox = self.data_dir / partner.folder.outbox
        try:
            outbox.mkdir(parents=True, exist_ok=True)
            _write(outbox, name, content)
        except OSError as error:
            raise UnavailableError(
                "the outbox cannot be written", partner=partner.key, reason=error.strerror
            ) from error
        return f"folder:{partner.folder.outbox}/{name}"


def _write(outbox: Path, name: str, content: bytes) -> None:
    """Write aside, sync, and rename: a reader sees all of the file or none, and a power cut takes nothing back."""
    unfinished = outbox / f".{uuid4().hex}.part"
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(outbox / name)
    finally:
        unfinished.unlink(missing_ok=True)
    directory = os.open(outbox, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
