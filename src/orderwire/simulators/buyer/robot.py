"""A browser for machines: follows redirects, and fills and sends the forms of a page. It runs no scripts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "input" and self.forms and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")


class Robot:
    """One browser window."""

    def __init__(self, timeout_seconds: float = 30) -> None:
        self._client = httpx.Client(follow_redirects=True, timeout=timeout_seconds)
        self.status, self.url, self.text = 0, "", ""

    def open(self, url: str) -> int:
        """Go to an address; return the status of the page it leads to."""
        return self._see(self._client.get(url))

    def post(self, url: str, fields: dict[str, str]) -> int:
        return self._see(self._client.post(url, data=fields))

    def send(self, action: str, **values: str) -> int:
        """Fill and send the form whose action ends so and which has these fields; `LookupError` if there is none."""
        chosen = [
            form
            for form in self._forms()
            if form.action.endswith(action)
            and all(name in form.fields for name in values if name != "item_no")
            and form.fields.get("item_no") == values.get("item_no")
        ]
        if not chosen:
            raise LookupError(f"no form {action!r} on {self.url}")
        form = chosen[0]
        return self.post(urljoin(self.url, form.action), form.fields | values)

    def form(self) -> Form:
        """Return the page's first form, with its address in full."""
        form = self._forms()[0]
        return Form(urljoin(self.url, form.action), form.fields)

    def close(self) -> None:
        self._client.close()

    def _forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    def _see(self, answer: httpx.Response) -> int:
        self.status, self.url, self.text = answer.status_code, str(answer.url), answer.text
        return self.status
