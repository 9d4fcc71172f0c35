"""Folders: partners put files into an inbox and take them from an outbox."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import structlog

from orderwire.canonical.order import Channel
from orderwire.config.partners import PartnerProfile, Partners
from orderwire.errors import DeliveryRefusedError, LimitError, PermanentError, UnavailableError
from orderwire.ports.intake import DecodeHint, Receive

log = structlog.get_logger(__name__)

#: Inside an inbox: files in our hands, taken in, and refused.
CLAIMED: Final = ".claimed"
DONE: Final = "done"
REFUSED: Final = "refused"
#: Endings under which programs write files that are not finished.
UNFINISHED: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", "~")
#: A claimed file this old was left by a process that died.
ABANDONED_SECONDS: Final = 60.0


def channel_of(name: str) -> Channel:
    """Return the channel whose decoder reads files of this name."""
    return Channel.API if name.lower().endswith(".json") else Channel.EDI


@dataclass(frozen=True)
class FolderInlet:
    """Takes in the files of every partner that has an inbox."""

    data_dir: Path
    partners: Partners
    settle_seconds: float = 1.0  # a file is finished when it has not changed for so long
    max_bytes: int = 64 * 1024 * 1024

    def poll(self, receive: Receive) -> int:
        """Take in what is ready and return how many files; one file's trouble does not stop the others."""
        taken = 0
        for profile in self.partners.all():
            if profile.folder is None or profile.folder.inbox is None:
                continue
            inbox = self.data_dir / profile.folder.inbox
            inbox.mkdir(parents=True, exist_ok=True)
            for claimed in (*_abandoned(inbox), *self._claim(inbox)):
                taken += self._take(claimed, inbox, profile, receive)
        return taken

    def _claim(self, inbox: Path) -> Iterator[Path]:
        """Move finished files aside, one by one; only one process succeeds with each."""
        for path in sorted(inbox.iterdir()):
            if path.name.startswith(".") or path.name.endswith(UNFINISHED) or path.is_symlink() or not path.is_file():
                continue
            try:
                if time.time() - path.stat().st_mtime < self.settle_seconds:
                    continue
                target = inbox / CLAIMED / f"{uuid4()}__{path.name}"
                target.parent.mkdir(exist_ok=True)
                path.rename(target)
                os.utime(target)
            except FileNotFoundError:
                continue
            yield target

    def _take(self, claimed: Path, inbox: Path, profile: PartnerProfile, receive: Receive) -> int:
        key, _, name = claimed.name.partition("__")
        hint = DecodeHint(partner=profile.key, name=name, document_id=str(uuid5(NAMESPACE_URL, key)))
        try:
            receive(_read(claimed, self.max_bytes), channel_of(name), hint)
        except PermanentError as error:
            log.warning("file_refused", partner=profile.key, name=name, code=error.code)
            _move(claimed, inbox / REFUSED / claimed.name)
            return 0
        _move(claimed, inbox / DONE / claimed.name)
        return 1


def _abandoned(inbox: Path) -> Iterator[Path]:
    folder = inbox / CLAIMED
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
            yield path


def _read(path: Path, max_bytes: int) -> bytes:
    size = path.stat().st_size
    if size > max_bytes:
        raise LimitError("larger than the configured limit", size=size, limit=max_bytes)
    return path.read_bytes()


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    shutil.move(source, target)


@dataclass(frozen=True)
class FolderDeliverer:
    """Puts files into a partner's outbox: whole, or not at all."""

    data_dir: Path

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> str:  # noqa: ARG002  the port
        """Write the file and return its place; a file of that name is replaced whole.

        Raises:
            DeliveryRefusedError: the profile names no outbox, or the name leaves it.
            UnavailableError: the folder cannot be written now.
        """
        if partner.folder is None or partner.folder.outbox is None:
            raise DeliveryRefusedError("the partner has no outbox", partner=partner.key)
        if Path(name).name != name or name.startswith("."):
            raise DeliveryRefusedError("not a file name", name=name)
        outbox = self.data_dir / partner.folder.outbox
        unfinished = outbox / f".{name}.{uuid4().hex}"
        try:
            outbox.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(outbox / name)
        except OSError as error:
            raise UnavailableError(
                "the outbox cannot be written", partner=partner.key, reason=error.strerror
            ) from error
        return f"folder:{partner.folder.outbox}/{name}"
