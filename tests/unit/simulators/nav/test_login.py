"""Basic and NTLM as a server sees them, without network."""

import base64

import pytest
import spnego

from orderwire.errors import ConfigurationError
from orderwire.simulators.nav.login import Account, Auth, Login

PASSWORD = "demo"


def login(auth: Auth, user: str = "orderwire", *, password: str = PASSWORD) -> Login:
    return Login(Account(user, password, auth))


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def shake(server: Login, user: str, password: str, scheme: str) -> tuple[str, ...]:
    """Take a client through the handshake; returns what the server says last."""
    options = spnego.NegotiateOptions.use_ntlm
    client = spnego.client(user, password, hostname="nav", protocol=scheme.lower(), options=options)
    answer: tuple[str, ...] = ()
    token = client.step()
    while token:
        answer = server.admit(f"{scheme} {base64.b64encode(token).decode()}")
        if len(answer) != 1 or not answer[0].startswith(f"{scheme} "):
            break
        token = client.step(base64.b64decode(answer[0].split()[1]))
    return answer


@pytest.mark.parametrize("given", ["orderwire:demo", "ORDERWIRE:demo"])
def test_basic_admits_the_user(given: str) -> None:
    """The user's name knows no case, the password does."""
    assert login("basic").admit(basic(given)) == ()


@pytest.mark.parametrize("given", [None, "", "Basic", "Basic ?", basic("orderwire"), basic("orderwire:Demo"),
                                   basic(":demo"), "Bearer x", "NTLM TlRMTVNTUAABAAAA"])  # fmt: skip
def test_basic_refuses_everybody_else(given: str | None) -> None:
    """Anything else gets the challenge again."""
    assert login("basic").admit(given) == ('Basic realm=""',)


def test_basic_proves_one_request_only() -> None:
    """Basic has no memory: the next request without credentials is refused."""
    server = login("both")
    assert server.admit(basic("orderwire:demo")) == ()
    assert server.admit(None) == ("Negotiate", "NTLM", 'Basic realm=""')


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_ntlm_proves_the_connection(scheme: str) -> None:
    """After the handshake the connection needs no more, until it is forgotten."""
    server = login("ntlm")
    assert server.admit(None) == ("Negotiate", "NTLM")
    assert shake(server, "orderwire", "demo", scheme) == ()
    assert server.admit(None) == ()
    server.forget()
    assert server.admit(None) == ("Negotiate", "NTLM")


@pytest.mark.parametrize(
    ("user", "password"), [("orderwire", "wrong"), ("nobody", "demo"), ("OTHER\\orderwire", "demo")]
)
def test_ntlm_refuses_wrong_credentials(user: str, password: str) -> None:
    """A wrong password, user or domain ends where it began."""
    server = login("ntlm")
    assert shake(server, user, password, "NTLM") == ("Negotiate", "NTLM")
    assert server.admit(None) == ("Negotiate", "NTLM")


def test_ntlm_user_may_have_a_domain() -> None:
    """A user with domain is admitted with and without it."""
    account = "CRONUS\\webshop"
    assert shake(login("ntlm", account), account, "demo", "NTLM") == ()
    assert shake(login("ntlm", account), "webshop", "demo", "NTLM") == ()


def test_two_simulators_do_not_share_passwords() -> None:
    """Each server knows its own user only, though one process runs both."""
    assert shake(login("ntlm", password="first"), "orderwire", "first", "NTLM") == ()
    assert shake(login("ntlm", password="second"), "orderwire", "first", "NTLM") != ()


@pytest.mark.parametrize("token", ["", "?", "AAAA", "TlRMTVNTUAABAAAA", "TlRMTVNTUAADAAAA" + "A" * 400, "YII="])
@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_tokens_that_are_none_are_refused(scheme: str, token: str) -> None:
    """Garbage gets the challenge again, never a crash."""
    server = login("ntlm")
    server.admit(f"{scheme} {token}")
    assert server.admit(f"{scheme} {token}")
    assert server.admit(None) == ("Negotiate", "NTLM")


def test_ntlm_refuses_an_account_its_store_cannot_hold() -> None:
    """The credential store separates by colons: an account with one is a mistake to be told at once."""
    with pytest.raises(ConfigurationError, match="no colon"):
        login("ntlm", password="de:mo")
