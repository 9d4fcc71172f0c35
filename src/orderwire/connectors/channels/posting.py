"""One POST to a partner's server: verified, in time, not redirected, and what its answer means."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from orderwire.errors import DeliveryRefusedError, UnavailableError

#: Refusals that are none for good: the same request may be taken later.
_LATER: Final = frozenset({408, 421, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    headers: tuple[tuple[str, str], ...]
    content: bytes


@dataclass(frozen=True)
class Posting:
    """Where a document goes, and whom to trust there."""

    partner: str
    url: str
    trusted: ssl.SSLContext
    timeout_seconds: float

    def send(self, headers: Mapping[str, str], content: bytes, *, answer_bytes: int = 0) -> Answer:
        """Post, and return the answer's head, with its body up to so many bytes.

        Raises:
            DeliveryRefusedError: an answer that says no (3xx, 4xx).
            UnavailableError: no answer in time, one that says later (5xx, 408, 429), or one that is too long.
        """
        facts = {"partner": self.partner, "host": httpx.URL(self.url).host}
        try:
            with (
                httpx.Client(verify=self.trusted, timeout=self.timeout_seconds, trust_env=False) as client,
                client.stream("POST", self.url, content=content, headers=headers) as answer,
            ):
                status = answer.status_code
                body = _body(answer, answer_bytes) if answer_bytes else b""
                head = tuple(answer.headers.multi_items())
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = type(error).__name__
            raise UnavailableError("the partner's server did not answer", **facts, reason=reason) from error
        if status in _LATER or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnavailableError("the partner's server answered: later", **facts, status=status)
        if not httpx.codes.is_success(status):
            raise DeliveryRefusedError("the partner's server said no", **facts, status=status)
        return Answer(head, body)


def _body(answer: httpx.Response, limit: int) -> bytes:
    parts, size = [], 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > limit:
            raise httpx.ReadError("the answer is too long")
        parts.append(part)
    return b"".join(parts)
