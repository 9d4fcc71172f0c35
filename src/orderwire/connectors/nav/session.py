"""One HTTP session to NAV: bounded in time and size, TLS verified, never redirected, used by one thread at a time."""

import zlib
from base64 import b64encode
from collections.abc import Mapping
from http.client import HTTPException
from typing import Final

from orderwire.config.nav import NavSettings
from orderwire.connectors.nav.connection import Connection, Reply, TooLargeError
from orderwire.connectors.nav.faults import Call, from_network
from orderwire.connectors.nav.ntlm import BROKEN_HANDSHAKE, NtlmConnection
from orderwire.errors import CredentialsError, LimitError, OrderwireError

_HEADERS: Final = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Orderwire"}


class NavSession:
    """A connection with our credentials: in a header, or by NTLM's handshake."""

    def __init__(self, nav: NavSettings) -> None:
        self._nav = nav
        self._connection = NtlmConnection(nav) if nav.auth == "ntlm" else Connection(nav)

    def get(self, call: Call, url: str) -> Reply:
        """Read a document. Raises as `post`."""
        return self._send(call, "GET", url, None, {})

    def post(self, call: Call, url: str, action: str, body: bytes) -> Reply:
        """Send a SOAP request, and return whatever HTTP answer came.

        Raises:
            CredentialsError: we have none.
            OutageError: no connection was made.
            UnavailableError, InDoubtError: no whole answer came, reading or writing.
            LimitError: an answer to a read is larger than the limit.
        """
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        return self._send(call, "POST", url, body, headers)

    def close(self) -> None:
        self._connection.close()

    def _send(self, call: Call, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        try:
            credentials = _credentials(self._nav)
        except (OSError, ValueError) as error:
            why = "the access token cannot be read"
            raise CredentialsError(why, service=call.service, cause=type(error).__name__) from None
        try:
            return self._connection.exchange(method, url, body, {**_HEADERS, **credentials, **headers})
        except TooLargeError:
            raise self._too_large(call) from None
        except (OSError, HTTPException, zlib.error, *BROKEN_HANDSHAKE) as error:  # requests' errors are among them
            # `from None`: requests' errors carry the request, and so our credentials.
            raise from_network(call, error) from None

    def _too_large(self, call: Call) -> OrderwireError:
        limit = self._nav.max_response_bytes
        if call.writes:
            return call.unanswered("NAV's answer is too large", limit_bytes=limit)
        why = "NAV's answer is larger than the limit"
        return LimitError(why, service=call.service, operation=call.operation, limit_bytes=limit)


def _credentials(nav: NavSettings) -> Mapping[str, str]:
    """Return the header with our credentials of this moment.

    Raises:
        OSError, ValueError: there is no access token.
    """
    if nav.auth == "ntlm":
        return {}
    secret = nav.password.get_secret_value()
    if nav.auth == "basic":
        return {"Authorization": "Basic " + b64encode(f"{nav.username}:{secret}".encode()).decode()}
    token = (nav.token_file.read_text("ascii") if nav.token_file else secret).strip()
    if not token or not token.isascii() or not token.isprintable():
        raise ValueError("no token")
    return {"Authorization": f"Bearer {token}"}
