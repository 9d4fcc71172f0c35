"""NAV's Key: length-prefixed bookmark and rowversion; and the record id, its readable sister."""

import base64
import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from orderwire.simulators.nav.faults import NavFault, broker
from orderwire.simulators.nav.tables import PrimaryKey, Row, Table

_OPTION: Final = b"\x00\x8b"
_TEXT: Final = b"\x02\x7b\xff"
_NUMBER: Final = b"\x00\x87"
_ORDER: Final = 1  # Document Type::Order
_MAX_LENGTH: Final = 2000


@dataclass(frozen=True, slots=True)
class Key:
    table_id: int
    primary_key: PrimaryKey
    rowversion: int


def encode(table: Table[Any], row: Row) -> str:
    """Write the Key of a row as it stands."""
    bookmark = base64.b64encode(_bookmark(table, table.key_of(row))).decode()
    return "".join(f"{len(part)};{part}" for part in (bookmark, str(row.rowversion), ""))


def decode(text: str) -> Key:
    """Read a Key.

    Raises:
        NavFault: it is none.
    """
    try:
        bookmark, rowversion, _empty = _parts(text.strip())
        raw = base64.b64decode(bookmark, validate=True)
        (table_id,) = struct.unpack_from("<i", raw)
        return Key(table_id, tuple(_values(raw[4:])), int(rowversion))
    except (ValueError, struct.error, binascii.Error):
        raise _invalid(text) from None


def record_id(table: Table[Any], key: PrimaryKey) -> str:
    """Write a record id: `Sales Header: Order,SO-000001`."""
    return f"{table.name}: {described(table, key)}"


def described(table: Table[Any], key: PrimaryKey) -> str:
    parts = [str(part) for part in key]
    return ",".join(["Order", *parts] if table.document else parts)


def find_record(table: Table[Any], text: str) -> PrimaryKey | None:
    """Read a record id of `table`; None if it can name no row of it."""
    name, colon, rest = text.partition(": ")
    parts = rest.split(",")
    if not colon or name != table.name:
        return None
    if table.document:
        if parts[0] != "Order":
            return None
        parts = parts[1:]
    wanted = tuple(parts)
    return next((key for key in table.rows if tuple(str(part) for part in key) == wanted), None)


def _invalid(text: str) -> NavFault:
    return broker(f'The key "{text[:100]}" is not valid.')


def _parts(text: str) -> tuple[str, str, str]:
    if len(text) > _MAX_LENGTH:
        raise ValueError(text[:20])
    parts = []
    while text:
        length, semicolon, rest = text.partition(";")
        size = int(length)
        if not semicolon or size < 0 or size > len(rest):
            raise ValueError(length)
        parts.append(rest[:size])
        text = rest[size:]
    bookmark, rowversion, empty = parts
    return bookmark, rowversion, empty


def _bookmark(table: Table[Any], key: PrimaryKey) -> bytes:
    raw = bytearray(struct.pack("<i", table.table_id))
    if table.document:
        raw += _OPTION + struct.pack("<i", _ORDER)
    for part in key:
        if isinstance(part, int):
            raw += _NUMBER + struct.pack("<i", part)
        else:
            raw += _TEXT + part.encode("utf-16-le") + b"\0\0"
    # A text at the end carries no terminator, nor its last zero byte.
    return bytes(raw) if isinstance(key[-1], int) else bytes(raw[:-2]).removesuffix(b"\0")


def _values(raw: bytes) -> Iterator[str | int]:
    while raw:
        if raw.startswith(_OPTION):
            struct.unpack_from("<i", raw, 2)
            raw = raw[6:]
        elif raw.startswith(_NUMBER):
            yield int(struct.unpack_from("<i", raw, 2)[0])
            raw = raw[6:]
        elif raw.startswith(_TEXT):
            text, raw = _text(raw[3:])
            yield text
        else:
            raise ValueError("unknown key part")


def _text(raw: bytes) -> tuple[str, bytes]:
    """Read UTF-16 up to its terminator or the end, where the last zero byte may be missing."""
    for at in range(0, len(raw) - 1, 2):
        if raw[at : at + 2] == b"\0\0":
            return raw[:at].decode("utf-16-le"), raw[at + 2 :]
    return (raw + b"\0" * (len(raw) % 2)).decode("utf-16-le"), b""
