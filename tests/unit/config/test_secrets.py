"""Partners' secrets in the environment."""

from pathlib import Path

import pytest

from fakes.documents import a_partner
from orderwire.config.secrets import KNOWN, Secrets, is_secret, missing, variable_of


def test_a_secret_is_named_like_a_setting_of_the_partner() -> None:
    """Hyphens become underscores, for variables have none."""
    assert variable_of("acme-de", "sftp.password") == "ORDERWIRE_PARTNERS__ACME_DE__SFTP__PASSWORD"


def test_a_secret_comes_from_its_variable_or_its_file(tmp_path: Path) -> None:
    """The file is read each time, without the line's end; an empty variable is none."""
    (tmp_path / "secret").write_text("first\n", encoding="utf-8")
    secrets = Secrets(
        {
            "ORDERWIRE_PARTNERS__ACME__HTTP__PASSWORD": "straight",
            "ORDERWIRE_PARTNERS__ACME__SFTP__PASSWORD": "",
            "ORDERWIRE_PARTNERS__ACME__SFTP__PASSWORD_FILE": str(tmp_path / "secret"),
        }
    )

    def read(name: str) -> str | None:
        secret = secrets.get("acme", name)
        return secret.get_secret_value() if secret else None

    assert (read("http.password"), read("sftp.password"), read("http.api_key")) == ("straight", "first", None)
    (tmp_path / "secret").write_text("second", encoding="utf-8")
    assert read("sftp.password") == "second"
    (tmp_path / "secret").unlink()
    assert read("sftp.password") is None


def test_a_secret_does_not_show() -> None:
    """Neither in a log nor in a traceback."""
    secret = Secrets({variable_of("acme", "http.api_key"): "hush"}).get("acme", "http.api_key")

    assert "hush" not in f"{secret} {secret!r}"


@pytest.mark.parametrize("name", KNOWN)
def test_secrets_of_any_partner_are_no_misspelt_settings(name: str) -> None:
    """Known endings pass, others are found."""
    assert is_secret(variable_of("any", name))
    assert is_secret(variable_of("any", name).lower() + "_file")
    assert not is_secret(variable_of("any", name) + "S")
    assert not is_secret("ORDERWIRE_NAV__PASSWORD")


def test_a_way_to_the_partner_that_lacks_its_secret_is_named() -> None:
    """With the variables of which one would do; a way that needs none is none of these."""
    sftp = {"host": "h", "username": "u", "host_keys": ("ssh-ed25519 AAAA",)}
    profile = a_partner(sftp=sftp, http={"url": "https://p.example.com"}, deliver="http")
    given = {variable_of("baumarkt", "sftp.key"): "x", variable_of("baumarkt", "http.api_key"): "x"}

    assert list(missing(profile, Secrets(given))) == []
    assert list(missing(profile, Secrets({}))) == [
        ("sftp", (variable_of("baumarkt", "sftp.password"), variable_of("baumarkt", "sftp.key"))),
        ("http", (variable_of("baumarkt", "http.api_key"),)),
    ]
    assert list(missing(a_partner(folder=None, http={"url": "https://p", "auth": "none"}), Secrets({}))) == []
