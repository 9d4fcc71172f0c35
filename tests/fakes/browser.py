"""A browser without a screen: cookies, and forms that carry what their page gave them."""

import asyncio
import re
from typing import Any, Final

import httpx
from fastapi import FastAPI

from orderwire.bootstrap.services import Services
from orderwire.pipeline.access import digest_of
from orderwire.ports.access import Role, Session, User

PASSWORD: Final = "correct horse battery"
_CSRF: Final = re.compile(r'name="csrf" value="([^"]*)"')
_COOKIE: Final = "ow_session"


class Browser:
    """Calls the app in this process. Redirects are shown, not followed."""

    def __init__(self, services: Services, app: FastAPI, url: str = "http://localhost") -> None:
        self.services, self._app, self._url = services, app, url
        self.cookies = httpx.Cookies()
        self.csrf = ""

    def become(self, role: Role, *partners: str, name: str | None = None) -> "Browser":
        """Have a session of a user with this role, without the slow login."""
        name, now = name or f"{role.value}-{'-'.join(partners) or 'all'}", self.services.clock()
        secret = f"secret of {name}"
        with self.services.store.begin() as tx:
            tx.users.add(User(name, role, "no hash", now, partners))
            tx.sessions.end(digest_of(secret))
            tx.sessions.add(Session(digest_of(secret), name, f"csrf of {name}", now, now, "test"))
        self.hold(secret)
        self.csrf = f"csrf of {name}"
        return self

    @property
    def secret(self) -> str:
        """The session id that the browser holds."""
        return self.cookies[_COOKIE]

    def hold(self, secret: str) -> None:
        """Hold this session id and nothing else."""
        self.cookies = httpx.Cookies()
        self.cookies.set(_COOKIE, secret, domain="localhost.local")

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self._url, cookies=self.cookies) as client:
                answer = await client.request(method, path, **request)
                self.cookies = client.cookies
                return answer

        return asyncio.run(call())

    def get(self, path: str, **request: Any) -> httpx.Response:
        answer = self.send("GET", path, **request)
        if found := _CSRF.search(answer.text):
            self.csrf = found[1]
        return answer

    def post(self, path: str, fields: dict[str, Any] | None = None, **request: Any) -> httpx.Response:
        """Post a form, with the token of the page seen last."""
        return self.send("POST", path, data={"csrf": self.csrf, **(fields or {})}, **request)

    def login(self, name: str, password: str = PASSWORD) -> httpx.Response:
        self.get("/console/login")
        return self.post("/console/login", {"name": name, "password": password})
