"""Settings: where they come from, and what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from orderwire.config.settings import Settings, load_settings
from orderwire.config.variables import Setting, settings_of
from orderwire.errors import ConfigurationError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, without variables of the machine."""
    monkeypatch.chdir(tmp_path)
    for setting in settings_of(Settings):
        monkeypatch.delenv(setting.variable, raising=False)
    (tmp_path / "config").mkdir()
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "config/orderwire.yaml").write_text(text, encoding="utf-8")


def test_without_any_source_the_defaults_hold() -> None:
    """Orderwire runs on one machine without a single setting."""
    settings = load_settings()

    assert settings.queue.url.get_secret_value() == "embedded:"
    assert settings.store.url.get_secret_value().startswith("sqlite:///")
    assert settings.nav.production


def test_the_file_overrides_defaults_the_environment_the_file_and_an_argument_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Argument before variable before file before default, setting by setting."""
    write(folder, "nav: {company: File, username: file, auth: ntlm}")
    monkeypatch.setenv("ORDERWIRE_NAV__COMPANY", "Variable")
    monkeypatch.setenv("ORDERWIRE_NAV__USERNAME", "variable")

    nav = load_settings(nav={"username": "argument"}).nav

    assert (nav.username, nav.company, nav.auth, nav.max_calls) == ("argument", "Variable", "ntlm", 4)


def test_the_file_is_looked_for_in_config_dir(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`config_dir` may come from a variable or an argument, and the file is read there."""
    for name in ("here", "there"):
        (folder / name).mkdir()
        (folder / name / "orderwire.yaml").write_text(f"nav: {{company: {name}}}", encoding="utf-8")
    monkeypatch.setenv("ORDERWIRE_CONFIG_DIR", "here")

    assert load_settings().nav.company == "here"
    assert load_settings(config_dir=folder / "there").nav.company == "there"


def test_all_problems_are_told_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets Orderwire up sees every mistake in one go."""
    write(folder, "nav: {compnay: Acme}\nqueue: {prefetch: 0}\nfoo: 1")
    monkeypatch.setenv("ORDERWIRE_API__PORT", "http")
    monkeypatch.setenv("ORDERWIRE_QUEUE_URL", "amqp://localhost/")

    with pytest.raises(ConfigurationError) as caught:
        load_settings()

    for wanted in ("nav.compnay", "queue.prefetch", "foo", "api.port", "ORDERWIRE_QUEUE_URL: there is no such setting"):
        assert wanted in caught.value.message
    assert len(caught.value.message.splitlines()) == 6


@pytest.mark.parametrize("text", ["nav: [", "- a list", "nav: text", "a word", "\x00"])
def test_a_file_that_is_no_settings_file_is_refused(folder: Path, text: str) -> None:
    """Broken YAML, or YAML of another shape, is a ConfigurationError and not a traceback."""
    write(folder, text)

    with pytest.raises(ConfigurationError):
        load_settings()


def test_a_section_that_is_not_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole section in one variable is not taken: each setting has its own."""
    monkeypatch.setenv("ORDERWIRE_NAV", "not json")

    with pytest.raises(ConfigurationError, match="ORDERWIRE_NAV: there is no such setting"):
        load_settings()


def test_a_misspelt_variable_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one underscore it would be passed over, and a production system would write into a SQLite file."""
    monkeypatch.setenv("ORDERWIRE_STORE_URL", "postgresql://db/ow")

    with pytest.raises(ConfigurationError, match="ORDERWIRE_STORE_URL: there is no such setting"):
        load_settings()


def test_an_empty_variable_is_as_if_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """`${UNSET:-}` of a compose file sets nothing."""
    monkeypatch.setenv("ORDERWIRE_STORE__URL", "")

    assert load_settings().store.url.get_secret_value().startswith("sqlite:///")


def test_a_secret_may_stand_in_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`…_FILE` names a file, as container platforms mount secrets; its last line break is not part of the secret."""
    (folder / "nav").write_text("hunter2\n", encoding="utf-8")
    monkeypatch.setenv("ORDERWIRE_NAV__PASSWORD_FILE", str(folder / "nav"))

    assert load_settings().nav.password.get_secret_value() == "hunter2"


def test_a_secret_file_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never start with an empty password because a mount is missing."""
    monkeypatch.setenv("ORDERWIRE_NAV__PASSWORD_FILE", "nowhere")

    with pytest.raises(ConfigurationError, match="ORDERWIRE_NAV__PASSWORD_FILE: the file cannot be read"):
        load_settings()


def test_a_secret_given_twice_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to know which of two wins."""
    (folder / "nav").write_text("one", encoding="utf-8")
    monkeypatch.setenv("ORDERWIRE_NAV__PASSWORD_FILE", str(folder / "nav"))
    monkeypatch.setenv("ORDERWIRE_NAV__PASSWORD", "two")

    with pytest.raises(ConfigurationError, match="given as well"):
        load_settings()


def test_a_setting_whose_own_name_ends_in_file_is_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """`chaos.once_file` is a path, not the name of a file that holds one."""
    monkeypatch.setenv("ORDERWIRE_CHAOS__ONCE_FILE", "once")

    assert load_settings().chaos.once_file == Path("once")


def test_secrets_are_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither repr nor str nor JSON of the settings shows a password."""
    monkeypatch.setenv("ORDERWIRE_NAV__PASSWORD", "hunter2")
    monkeypatch.setenv("ORDERWIRE_QUEUE__URL", "amqp://ow:hunter2@rabbit/")
    monkeypatch.setenv("ORDERWIRE_STORE__URL", "postgresql://ow:hunter2@db/ow")

    settings = load_settings()

    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()} {settings.nav!r}"


def test_secrets_are_not_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem names the setting, never its value."""
    monkeypatch.setenv("ORDERWIRE_NAV__PASSWORD", "hunter2")
    monkeypatch.setenv("ORDERWIRE_NAV__PASWORD", "hunter2")
    monkeypatch.setenv("ORDERWIRE_API__PORT", "hunter2")

    with pytest.raises(ConfigurationError) as caught:
        load_settings()

    assert "hunter2" not in str(caught.value)


def test_field_names_are_of_services(folder: Path) -> None:
    """A mapping for a service that does not exist would be passed over in silence."""
    write(folder, "nav: {fields: {sales_orders: {No: Nr}}}")

    with pytest.raises(ConfigurationError, match="there is no service sales_orders"):
        load_settings()


def test_no_is_a_field_and_not_a_refusal(folder: Path) -> None:
    """YAML takes an unquoted No for false; every NAV page has a field of that name."""
    write(folder, "nav: {fields: {item: {No: Nr, Alt: No}}}")

    assert load_settings().nav.fields == {"item": {"No": "Nr", "Alt": "No"}}


def test_settings_are_frozen() -> None:
    """What was read at start-up holds until the end."""
    settings = load_settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.nav.company = "Other"  # type: ignore[misc]  # what the test is about


@pytest.mark.parametrize("setting", list(settings_of(Settings)), ids=[known.name for known in settings_of(Settings)])
def test_every_setting_is_described_and_has_a_default(setting: Setting) -> None:
    """The reference says what each is for, and nothing must be set before a first start."""
    assert setting.field.description
    assert not setting.field.is_required()
