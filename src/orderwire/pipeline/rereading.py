"""Decoding for replays: of one file, thousands of messages may be sent through again, one by one."""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Final

from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.ports.intake import DecodedFile, DecodeHint, Decoder

#: Files kept, and so many of their bytes together: what is decoded takes a multiple of them.
_FILES: Final = 8
_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Read:
    size: int
    profiles: list[PartnerProfile]  # by which it was read
    decoded: DecodedFile


@dataclass(frozen=True)
class Rereading:
    """A decoder that keeps the files it read last, until a profile or a code list changes. Thread-safe."""

    decoder: Decoder
    _kept: OrderedDict[tuple[bytes, DecodeHint], _Read] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def decode(self, content: bytes, hint: DecodeHint, partners: Partners) -> DecodedFile:
        """Return what the decoder returns."""
        key, profiles = (sha256(content).digest(), hint), partners.all()
        with self._lock:
            known = self._kept.pop(key, None)
            if known is not None and _same(known.profiles, profiles):
                self._kept[key] = known
                return known.decoded
        decoded = self.decoder.decode(content, hint, partners)
        if len(content) <= _BYTES:
            with self._lock:
                self._kept[key] = _Read(len(content), profiles, decoded)
                while len(self._kept) > _FILES or sum(one.size for one in self._kept.values()) > _BYTES:
                    self._kept.popitem(last=False)
        return decoded


def _same(before: list[PartnerProfile], now: list[PartnerProfile]) -> bool:
    """Tell whether these are the very same: a profile that changed is loaded anew."""
    return len(before) == len(now) and all(one is other for one, other in zip(before, now, strict=True))
