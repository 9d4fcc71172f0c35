"""One kept HTTP/1.1 connection to NAV, over TCP or TLS: what is read is bounded in time and size."""

import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH, requote_uri
from urllib3.util.wait import wait_for_read

from orderwire.config.nav import NavSettings

_CHUNK_BYTES: Final = 64 * 1024
#: How a body may be packed, and zlib's number for it. We ask for none; some proxies pack all the same.
_PACKED: Final[Mapping[str, int]] = {"gzip": 31, "x-gzip": 31, "deflate": 15}


class NeverConnectedError(OSError):
    """No connection was made, so nothing was sent."""


class TooLargeError(Exception):
    """The answer is larger than the limit."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, read whole."""

    status: int
    content: bytes
    retry_after: str | None = None


class Connection:
    """Used by one thread at a time. Opened at the first use, and again when the other side has closed it meanwhile."""

    def __init__(self, nav: NavSettings) -> None:
        self._nav = nav
        self._place: _Place | None = None
        self._http = HTTPConnection("")

    def exchange(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Send a request, once, and read its answer whole; a redirection is an answer like any other.

        Raises:
            NeverConnectedError, ssl.SSLCertVerificationError: nothing was sent.
            TooLargeError, OSError, http.client.HTTPException, zlib.error: no whole answer came.
        """
        place, target = _split(url)
        self._connect(place)
        self._http.request(method, target, body, dict(headers))
        with self._http.getresponse() as response:
            content = b"".join(self._bounded(response))
            return Reply(response.status, content, response.headers.get("Retry-After"))

    def close(self) -> None:
        self._http.close()

    def _connect(self, place: "_Place") -> None:
        """Have an open connection. Raises as `exchange`."""
        if place != self._place:
            self._http.close()
            self._place, self._http = place, self._made(place)
        if self._http.sock is not None:
            if not wait_for_read(self._http.sock, 0):
                return
            self._http.close()  # between two questions there is nothing to read but its end
        try:
            self._http.connect()
        except (OSError, UnicodeError) as error:  # UnicodeError: a name that no host can have
            self._http.close()
            if isinstance(error, ssl.SSLCertVerificationError):
                raise
            raise NeverConnectedError(str(error)) from None
        self._http.sock.settimeout(self._nav.read_timeout_seconds)  # not the connection's own, which is for opening

    def _made(self, place: "_Place") -> HTTPConnection:
        seconds = self._nav.connect_timeout_seconds
        if place.scheme != "https":
            return HTTPConnection(place.host, place.port, timeout=seconds)
        trusted = ssl.create_default_context(cafile=str(self._nav.ca_file or DEFAULT_CA_BUNDLE_PATH))
        return HTTPSConnection(place.host, place.port, timeout=seconds, context=trusted)

    def _bounded(self, response: HTTPResponse) -> Iterator[bytes]:
        """Yield the body, unpacked. Raises as `exchange`."""
        deadline = time.monotonic() + self._nav.read_timeout_seconds
        packed = _PACKED.get(response.headers.get("Content-Encoding", "").strip().lower())
        unpack = zlib.decompressobj(packed).decompress if packed else None
        left = self._nav.max_response_bytes
        while chunk := response.read1(_CHUNK_BYTES):
            # One byte more than may be, which is how too many show.
            plain = unpack(chunk, left + 1) if unpack else chunk
            left -= len(plain)
            if left < 0:
                raise TooLargeError
            if time.monotonic() > deadline:
                raise TimeoutError("the answer did not end in time")
            yield plain
        if response.length:
            raise ConnectionError("the answer broke off")


class _Place(NamedTuple):
    scheme: str
    host: str
    port: int | None


@lru_cache(maxsize=64)
def _split(url: str) -> tuple[_Place, str]:
    """Return where a URL leads, and what is asked for there."""
    parts = urlsplit(requote_uri(url))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Place(parts.scheme, parts.hostname or "", parts.port), target
