"""SFTP: we take files from a partner's server, and put files there."""

import posixpath
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import structlog

from orderwire.config.channels import SftpProfile
from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets
from orderwire.connectors.channels.names import channel_of, is_finished, is_plain
from orderwire.errors import DeliveryRefusedError, LimitError, OrderwireError, PermanentError, UnavailableError
from orderwire.ports.intake import DecodeHint, Receive

if TYPE_CHECKING:
    from paramiko import SFTPClient

log = structlog.get_logger(__name__)

#: `.claimed-<when>-<key>__<name>`: a file in our hands. Renaming is atomic, so only one process gets it.
_CLAIMED: Final = ".claimed-"
#: A claim this old was left by a process that died.
_ABANDONED_SECONDS: Final = 600.0
#: Files taken in one look, so that one partner does not keep the others waiting.
_MAX_FILES: Final = 200
_CHUNK: Final = 256 * 1024


@dataclass
class _Watched:
    """What we remember of one partner's inbox between two looks."""

    due: float = 0.0
    sizes: dict[str, tuple[int, int, float]] = field(default_factory=dict)  # size, time of change, seen since


@dataclass
class SftpInlet:
    """Takes in the files of every partner whose profile names a remote inbox."""

    partners: Partners
    secrets: Secrets
    max_bytes: int
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    _watched: dict[str, _Watched] = field(default_factory=dict)

    def poll(self, receive: Receive) -> int:
        """Take in what is ready and return how many files; one partner's trouble does not stop the others."""
        taken = 0
        for partner in self.partners.all():
            profile, watched = partner.sftp, self._watched.setdefault(partner.key, _Watched())
            if profile is None or profile.inbox is None or self.monotonic() < watched.due:
                continue
            watched.due = self.monotonic() + profile.poll_seconds
            try:
                taken += self._poll_one(partner, profile, receive)
            except OrderwireError as error:
                log.warning("sftp_not_polled", partner=partner.key, code=error.code, reason=str(error))
        return taken

    def _poll_one(self, partner: PartnerProfile, profile: SftpProfile, receive: Receive) -> int:
        from orderwire.connectors.channels.sftp_session import opened  # heavy, and few have partners with SFTP

        watched, taken = self._watched[partner.key], 0
        with opened(partner, profile, self.secrets) as session:
            look = _Look(session, partner, profile, receive, self.max_bytes)
            for claimed in self._ready(look, watched):
                taken += look.take(claimed)
        if watched.sizes:  # something is being written: look again soon
            watched.due = min(watched.due, self.monotonic() + profile.settle_seconds)
        return taken

    def _ready(self, look: "_Look", watched: _Watched) -> Iterator[str]:
        """Claim files one by one: those that died in others' hands, and those that no longer change."""
        now, sizes, count = self.monotonic(), {}, 0
        for entry in look.files():
            name, state = entry
            if count >= _MAX_FILES:
                break
            if name.startswith(_CLAIMED):
                claimed = look.reclaim(name, self.wall(), _ABANDONED_SECONDS)
            elif not is_finished(name):
                continue
            else:
                before = watched.sizes.get(name)
                since = before[2] if before is not None and before[:2] == state else now
                if now - since < look.profile.settle_seconds:
                    sizes[name] = (*state, since)
                    continue
                claimed = look.claim(name, str(uuid4()), name, self.wall())
            if claimed is not None:
                count += 1
                yield claimed
        watched.sizes = sizes


@dataclass(frozen=True)
class _Look:
    """One look into one partner's inbox."""

    session: "SFTPClient"
    partner: PartnerProfile
    profile: SftpProfile
    receive: Receive
    max_bytes: int

    @property
    def inbox(self) -> str:
        return self.profile.inbox or "."

    def files(self) -> list[tuple[str, tuple[int, int]]]:
        """Return the plain files with size and time of change, by name."""
        listed = self.session.listdir_attr(self.inbox)
        return sorted(
            (entry.filename, (entry.st_size or 0, entry.st_mtime or 0))
            for entry in listed
            if entry.st_mode is not None and stat.S_ISREG(entry.st_mode) and "/" not in entry.filename
        )

    def claim(self, name: str, key: str, original: str, wall: float) -> str | None:
        """Rename the file so that it is ours; None: somebody was faster."""
        claimed = f"{_CLAIMED}{int(wall)}-{key}__{original}"
        try:
            self.session.rename(self._path(name), self._path(claimed))
        except FileNotFoundError:
            return None
        except OSError as error:
            if isinstance(error, PermissionError | TimeoutError):
                raise
            return None
        return claimed

    def reclaim(self, name: str, wall: float, after_seconds: float) -> str | None:
        """Take over a claim whose process died, under the same key."""
        when, _, rest = name.removeprefix(_CLAIMED).partition("-")
        key, mark, original = rest.partition("__")
        if not when.isdecimal() or not mark or wall - int(when) < after_seconds:
            return None
        return self.claim(name, key, original, wall)

    def take(self, claimed: str) -> int:
        """Read, have it received, and put it aside; only then is it gone from the inbox."""
        key, _, name = claimed.removeprefix(_CLAIMED).partition("-")[2].partition("__")
        hint = DecodeHint(partner=self.partner.key, name=name, document_id=str(uuid5(NAMESPACE_URL, f"sftp:{key}")))
        try:
            self.receive(self._read(claimed), channel_of(name), hint)
        except PermanentError as error:
            log.warning("file_refused", partner=self.partner.key, name=name, code=error.code)
            self._put_aside(claimed, self.profile.refused, f"{key}__{name}")
            return 0
        self._put_aside(claimed, self.profile.done, f"{key}__{name}")
        return 1

    def _read(self, name: str) -> bytes:
        parts, size = [], 0
        with self.session.open(self._path(name), "rb") as file:
            file.prefetch(min(file.stat().st_size or 0, self.max_bytes + 1))
            while part := file.read(_CHUNK):
                size += len(part)
                if size > self.max_bytes:
                    raise LimitError("larger than the configured limit", limit=self.max_bytes)
                parts.append(part)
        return b"".join(parts)

    def _put_aside(self, claimed: str, folder: str | None, name: str) -> None:
        if folder is None:
            self.session.remove(self._path(claimed))
            return
        target = posixpath.join(self.inbox, folder)
        make_folder(self.session, target)
        self.session.rename(self._path(claimed), posixpath.join(target, name))

    def _path(self, name: str) -> str:
        return posixpath.join(self.inbox, name)


@dataclass(frozen=True)
class SftpDeliverer:
    """Puts files into a partner's remote folder: whole, or not at all."""

    secrets: Secrets

    def deliver(self, name: str, content: bytes, media_type: str, partner: PartnerProfile) -> str:  # noqa: ARG002  the port
        """Upload under another name, then rename; a file of that name is replaced whole.

        Raises:
            DeliveryRefusedError: no remote folder, no file name, not the server we know, or it refuses.
            UnavailableError: not now.
        """
        from orderwire.connectors.channels.sftp_session import opened

        profile = partner.sftp
        if profile is None or profile.outbox is None:
            raise DeliveryRefusedError("the partner's profile names no remote folder", partner=partner.key)
        if not is_plain(name):
            raise DeliveryRefusedError("not a file name", name=name[:100])
        unfinished = posixpath.join(profile.outbox, f".{name}.{uuid4().hex}.tmp")
        target = posixpath.join(profile.outbox, name)
        with opened(partner, profile, self.secrets) as session:
            make_folder(session, profile.outbox)
            try:
                _write(session, unfinished, content)
                _replace(session, unfinished, target)
            except (OSError, EOFError, OrderwireError):
                with suppress(OSError, EOFError):
                    session.remove(unfinished)
                raise
        return f"sftp:{profile.host}:{target}"


def _write(session: "SFTPClient", path: str, content: bytes) -> None:
    with session.open(path, "wb") as file:
        file.set_pipelined(True)
        for start in range(0, len(content), _CHUNK):
            file.write(content[start : start + _CHUNK])
    if session.stat(path).st_size != len(content):
        raise UnavailableError("the SFTP server kept another number of bytes than it was sent")


def _replace(session: "SFTPClient", source: str, target: str) -> None:
    """Rename over what may stand there; servers without that extension refuse, and get it in two steps."""
    try:
        session.posix_rename(source, target)
    except PermissionError:
        raise
    except OSError:
        with suppress(FileNotFoundError):
            session.remove(target)
        session.rename(source, target)


def make_folder(session: "SFTPClient", folder: str) -> None:
    """Make a remote folder, if there is none; its parent must be there."""
    try:
        session.stat(folder)
    except FileNotFoundError:
        with suppress(OSError):  # another process made it meanwhile; if not, what follows says so
            session.mkdir(folder)
