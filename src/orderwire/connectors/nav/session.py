"""One HTTP session to NAV: bounded in time and size, TLS verified, never redirected, used by one thread at a time."""

import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth
from requests_ntlm import HttpNtlmAuth
from spnego.exceptions import SpnegoError

from orderwire.config.settings import NavSettings
from orderwire.connectors.nav.faults import Call, from_network
from orderwire.errors import CredentialsError, LimitError, OrderwireError

_CHUNK_BYTES: Final = 64 * 1024
#: What the NTLM library raises when the server breaks off its handshake, or talks nonsense in it.
_BROKEN_HANDSHAKE: Final = (
    SpnegoError,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    PermissionError,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer, read whole."""

    status: int
    content: bytes
    retry_after: str | None = None


class _TooLargeError(requests.RequestException):
    pass


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
                    raise _TooLargeError("the answer is too large")
                if time.monotonic() > deadline:
                    raise requests.ReadTimeout("the answer did not end in time")
                yield chunk

        raw.stream = bounded
        return response


class NavSession:
    """A `requests.Session` with our credentials; NTLM authenticates its one connection."""

    def __init__(self, nav: NavSettings) -> None:
        self._timeouts = (nav.connect_timeout_seconds, nav.read_timeout_seconds)
        self._max_bytes = nav.max_response_bytes
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc: settings come from config alone
        self._session.verify = str(nav.ca_file) if nav.ca_file else True
        self._session.headers.update({"Accept-Encoding": "identity", "User-Agent": "Orderwire"})
        self._session.auth = _auth(nav)
        self._token = _token(nav) if nav.auth == "bearer" else None
        self._templates: dict[tuple[str, str], requests.PreparedRequest] = {}
        for prefix in ("http://", "https://"):
            self._session.mount(prefix, _BoundedAdapter(nav.max_response_bytes, nav.read_timeout_seconds))

    def get(self, call: Call, url: str) -> Reply:
        """Read a document. Raises as `post`."""
        return self._send(call, "GET", url, None, {})

    def post(self, call: Call, url: str, action: str, body: bytes) -> Reply:
        """Send a SOAP request, and return whatever HTTP answer came.

        Raises:
            OutageError: no connection was made.
            UnavailableError, InDoubtError: no whole answer came, reading or writing.
            LimitError: an answer to a read is larger than the limit.
        """
        return self._send(
            call, "POST", url, body, {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        )

    def close(self) -> None:
        self._session.close()

    def _send(self, call: Call, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        try:
            request = self._request(method, url, body, headers)
        except (OSError, ValueError) as error:
            why = "the access token cannot be read"
            raise CredentialsError(why, service=call.service, cause=type(error).__name__) from None
        try:
            with self._session.send(
                request,
                timeout=self._timeouts,
                verify=self._session.verify,
                proxies={},
                allow_redirects=False,
                stream=True,
            ) as response:
                return Reply(response.status_code, response.content, response.headers.get("Retry-After"))
        except _TooLargeError:
            raise self._too_large(call) from None
        except (OSError, *_BROKEN_HANDSHAKE) as error:  # requests' errors are among them
            # `from None`: requests' errors carry the request, and so our credentials.
            raise from_network(call, error) from None

    def _request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """Fill in a copy of what was prepared for the address once: to prepare costs more than to send."""
        template = self._templates.get((method, url))
        if template is None:
            template = self._session.prepare_request(requests.Request(method, url))
            self._templates[method, url] = template
        prepared = template.copy()
        prepared.headers.update(headers)
        if self._token is not None:
            prepared.headers["Authorization"] = f"Bearer {self._token()}"
        if body is not None:
            prepared.body = body
            prepared.headers["Content-Length"] = str(len(body))
        return prepared

    def _too_large(self, call: Call) -> OrderwireError:
        if call.writes:
            return call.unanswered("NAV's answer is too large", limit_bytes=self._max_bytes)
        return LimitError(
            "NAV's answer is larger than the limit",
            service=call.service,
            operation=call.operation,
            limit_bytes=self._max_bytes,
        )


def _token(nav: NavSettings) -> Callable[[], str]:
    """Return what gives the access token of this moment; it raises OSError or ValueError where there is none."""

    def read() -> str:
        text = nav.token_file.read_text("ascii") if nav.token_file else nav.password.get_secret_value()
        token = text.strip()
        if not token.isprintable() or not token:
            raise ValueError("no token")
        return token

    return read


def _auth(nav: NavSettings) -> AuthBase | None:
    if nav.auth == "bearer":
        return None
    password = nav.password.get_secret_value()
    if nav.auth == "ntlm":
        ntlm: AuthBase = HttpNtlmAuth(nav.username, password)
        return ntlm
    return HTTPBasicAuth(nav.username.encode(), password.encode())
