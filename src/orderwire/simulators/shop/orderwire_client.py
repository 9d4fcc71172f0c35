"""What a shop says to Orderwire: the three calls of its JSON contract."""

from dataclasses import dataclass, field
from typing import Any

import httpx


class CallRefusedError(Exception):
    """Orderwire said no: its status, and its sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass(frozen=True)
class OrderwireClient:
    url: str
    api_key: str = field(repr=False)
    timeout_seconds: float = 30

    async def session(self, session_id: str) -> dict[str, Any]:
        """Read what the buyer's system said. Raises CallRefusedError."""
        return await self._call("GET", session_id)

    async def post_cart(self, session_id: str, cart: dict[str, Any]) -> dict[str, Any]:
        """Return the cart. Raises CallRefusedError."""
        return await self._call("POST", f"{session_id}/cart", cart)

    async def cancel(self, session_id: str) -> dict[str, Any]:
        """End the session without a cart. Raises CallRefusedError."""
        return await self._call("POST", f"{session_id}/cancel")

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self.url}/punchout/sessions/{path}"
        try:
            async with httpx.AsyncClient(timeout=self.timeout_seconds) as client:
                answer = await client.request(method, url, json=body, headers={"X-Api-Key": self.api_key})
                said: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            raise CallRefusedError(502, "Orderwire does not answer") from None
        if not answer.is_success:
            raise CallRefusedError(answer.status_code, str(said.get("detail", "")))
        return said
