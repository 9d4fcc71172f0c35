"""NTLM: its handshake authenticates one connection, which is then kept."""

import struct
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests_ntlm import HttpNtlmAuth
from spnego.exceptions import SpnegoError

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.connection import Reply, TooLargeError

_CHUNK_BYTES: Final = 64 * 1024
#: What the NTLM library raises when the server breaks off its handshake, or talks nonsense in it.
BROKEN_HANDSHAKE: Final = (
    SpnegoError,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    PermissionError,
)


class _BoundedAdapter(HTTPAdapter):
    """One connection, kept; every body, also of a handshake's 401, is bounded in size and time."""

    def __init__(self, max_bytes: int, max_seconds: float) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, pool_block=True, max_retries=0)
        self._max_bytes = max_bytes
        self._max_seconds = max_seconds

    def close(self) -> None:
        """Close now: urllib3 leaves it to the garbage collector, which an error's traceback holds off."""
        pools: Any = self.poolmanager.pools
        for key in pools.keys():  # noqa: SIM118  urllib3's container cannot be iterated
            pool = pools.get(key)
            if pool is not None:
                pool.close()
        super().close()

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        raw: Any = response.raw
        stream = raw.stream

        def bounded(_chunk_size: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:  # noqa: FBT001  urllib3's signature
            deadline = time.monotonic() + self._max_seconds
            total = 0
            for chunk in stream(_CHUNK_BYTES, decode_content=decode_content):
                total += len(chunk)
                if total > self._max_bytes:
                    raise TooLargeError
                if time.monotonic() > deadline:
                    raise requests.ReadTimeout("the answer did not end in time")
                yield chunk

        raw.stream = bounded
        return response


class NtlmConnection:
    """As `Connection`, by a `requests.Session` that knows NTLM. Used by one thread at a time."""

    def __init__(self, nav: NavSettings) -> None:
        self._timeouts = (nav.connect_timeout_seconds, nav.read_timeout_seconds)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc: settings come from config alone
        self._session.verify = str(nav.ca_file) if nav.ca_file else True
        self._session.auth = HttpNtlmAuth(nav.username, nav.password.get_secret_value())
        for prefix in ("http://", "https://"):
            self._session.mount(prefix, _BoundedAdapter(nav.max_response_bytes, nav.read_timeout_seconds))

    def exchange(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Send a request, after a handshake if there was none, and read its answer whole.

        Raises:
            TooLargeError, requests.RequestException, BROKEN_HANDSHAKE: no whole answer came.
        """
        with self._session.request(
            method, url, data=body, headers=headers, timeout=self._timeouts, allow_redirects=False, stream=True
        ) as response:
            return Reply(response.status_code, response.content, response.headers.get("Retry-After"))

    def close(self) -> None:
        self._session.close()
