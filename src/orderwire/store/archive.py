"""The archive: raw bytes by their SHA-256."""

import hashlib
import zlib
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.clock import Clock
from orderwire.store.statements import Statements
from orderwire.store.tables import blobs

#: Less than this does not shrink enough to be worth it.
_PACK_FROM_BYTES: Final = 256

_put: Final = insert(blobs)
#: What is archived again is young again, so that nobody deletes it meanwhile for its age.
_PUT: Final = _put.on_conflict_do_update(index_elements=["sha256"], set_={"created_at": _put.excluded.created_at})
_GET: Final = select(blobs.c.content, blobs.c.packed).where(blobs.c.sha256 == bindparam("key"))


class SqlArchive:
    def __init__(self, connection: Statements, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        stored = zlib.compress(content, 1) if len(content) >= _PACK_FROM_BYTES else content
        packed = len(stored) < len(content)
        self._connection.execute(
            _PUT,
            {
                "sha256": sha256,
                "content": stored if packed else content,
                "packed": packed,
                "size": len(content),
                "created_at": self._clock(),
            },
        )
        return sha256

    def get(self, sha256: str) -> bytes:
        row = self._connection.execute(_GET, {"key": sha256}).one_or_none()
        if row is None:
            raise KeyError(sha256)
        return zlib.decompress(row.content) if row.packed else bytes(row.content)
