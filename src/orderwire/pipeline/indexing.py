"""The words of documents, for who searches by text: read behind the work, so that no order waits for it."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from orderwire.mapping.masking import masked
from orderwire.ports.clock import Clock
from orderwire.ports.store import Store

#: A turn's worth; the store is written once for all of them.
_BATCH: Final = 200
#: So much of a document is read, and so many different words of it.
_MAX_BYTES: Final = 256 * 1024
_MAX_WORDS: Final = 4000
_MAX_WORD_CHARS: Final = 60
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Indexing:
    store: Store
    clock: Clock

    def turn(self) -> bool:
        """Read what nobody has read, and tell whether there was more than one turn's worth."""
        with self.store.read() as tx:
            unread = tx.texts.unread(_BATCH)
            read = [(one, words_of(tx.archive.get(one.sha256))) for one in unread]
        if read:
            with self.store.begin() as tx:
                for one, words in read:
                    tx.texts.put(one.document_id, words)
                tx.texts.read_up_to(max(one.received_at for one in unread))
        return len(read) == _BATCH


def words_of(content: bytes) -> tuple[str, ...]:
    """Return the different words of a document, in order, whatever its syntax."""
    head = masked(content[:_MAX_BYTES])
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    return words_in(text)[:_MAX_WORDS]


def words_in(text: str) -> tuple[str, ...]:
    """Return the different words of a text: letters and digits without case or accents."""
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return tuple(dict.fromkeys(word[:_MAX_WORD_CHARS] for word in _WORD.findall(text.casefold())))
