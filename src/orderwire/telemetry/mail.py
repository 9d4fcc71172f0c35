"""Notices as mail: plain text, over a connection that is encrypted and verified, with headers nobody can add to."""

import smtplib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import structlog

from orderwire.config.alerts import AlertPlan, Smtp
from orderwire.config.authorities import trusted
from orderwire.config.secrets import SMTP_PASSWORD, Secrets
from orderwire.errors import DeliveryRefusedError, UnavailableError
from orderwire.ports.alerts import Notice

log = structlog.get_logger(__name__)

_WORDS: Final = {"raised": "", "reminder": "still: ", "ended": "over: ", "trial": "trial: "}
_MAX_SUBJECT_CHARS: Final = 150


@dataclass(frozen=True)
class MailMessenger:
    config_dir: Path
    secrets: Secrets

    def send(self, plan: AlertPlan, notice: Notice) -> None:
        """Hand the mail to the server. Refused for some addresses it is sent to the others, and the log says so.

        Raises:
            UnavailableError: the server did not answer, or did not take it.
            DeliveryRefusedError: there is no password, or the file of trusted certificates cannot be read.
        """
        smtp, receiver = plan.smtp, plan.receivers[notice.receiver]
        if smtp is None:
            raise DeliveryRefusedError("alerts.yaml names no mail server")
        mail = mail_of(notice, smtp.sender, receiver.email)
        facts = {"receiver": notice.receiver, "host": smtp.host}
        try:
            with self._session(smtp) as session:
                refused = session.send_message(mail)
        except smtplib.SMTPResponseException as error:
            raise UnavailableError("the mail server said no", **facts, status=error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            raise UnavailableError("the mail server did not answer", **facts, reason=type(error).__name__) from error
        if refused:
            log.warning("addresses_refused", **facts, refused=len(refused), of=len(receiver.email))

    @contextmanager
    def _session(self, smtp: Smtp) -> Iterator[smtplib.SMTP]:
        whom, limit = trusted(self.config_dir, smtp.ca_file), smtp.timeout_seconds
        session = (
            smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=limit, context=whom)
            if smtp.security == "tls"
            else smtplib.SMTP(smtp.host, smtp.port, timeout=limit)
        )
        try:
            if smtp.security == "starttls":
                session.starttls(context=whom)  # raises where the server offers none
            if smtp.username is not None:
                password = self.secrets.named(SMTP_PASSWORD)
                if password is None:
                    raise DeliveryRefusedError(f"no password for the mail server: give {SMTP_PASSWORD}")
                session.login(smtp.username, password.get_secret_value())
            yield session
        finally:
            with suppress(smtplib.SMTPException, OSError):  # what was taken is taken, however one parts
                session.quit()
            session.close()


def mail_of(notice: Notice, sender: str, to: Sequence[str]) -> EmailMessage:
    """Return the mail. The policy refuses a line break in a header, and there is none to refuse."""
    body = notice.body
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = _line(f"[{body['from']}] {_subject(body)}", _MAX_SUBJECT_CHARS)
    mail["Date"] = format_datetime(notice.created_at)
    mail["Message-ID"] = f"<{notice.id}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        "\n\n".join("\n".join(_paragraph(entry)) for entry in body["alerts"]) + "\n", cte="quoted-printable"
    )
    return mail


def _subject(body: Mapping[str, Any]) -> str:
    first, *rest = body["alerts"]
    others = len(rest) + int(body.get("more", 0))
    more = f" (and {others} more)" if others else ""
    return f"{first['severity']}: {_WORDS[first['what']]}{first['summary']}{more}"


def _paragraph(entry: Mapping[str, Any]) -> Iterator[str]:
    yield _line(f"{entry['severity']}: {_WORDS[entry['what']]}{entry['summary']}")
    for name in ("since", "ended", "action", "console", "run_book"):
        if entry.get(name):
            yield _line(f"  {name.replace('_', ' ')}: {entry[name]}")


def _line(text: str, limit: int = 900) -> str:
    return "".join(character if character.isprintable() else " " for character in text)[:limit]
