"""Character sets."""

import pytest

from orderwire.connectors.edi.charset import choose, codec_of


@pytest.mark.parametrize(
    ("syntax_id", "codec"),
    [
        ("UNOA", "ascii"),
        ("unoc", "iso8859-1"),
        ("UNOD", "iso8859-2"),
        ("UNOK", "iso8859-9"),
        ("UNOL", "iso8859-15"),
        ("UNOW", "utf-8"),
        ("UNOY", "utf-8"),
        ("KECA", "euc_kr"),
        ("IATA", "ascii"),
    ],
)
def test_codec_of_follows_the_standard(syntax_id: str, codec: str) -> None:
    """Each syntax identifier has its codec; one that nobody knows is ASCII."""
    assert codec_of(syntax_id) == codec


@pytest.mark.parametrize(
    ("body", "syntax_id", "codec", "warned"),
    [
        (b"plain", "UNOC", "iso8859-1", False),
        ("Süd".encode("latin-1"), "UNOC", "iso8859-1", False),
        ("Süd".encode(), "UNOC", "utf-8", True),
        ("Süd".encode(), "UNOY", "utf-8", False),
        ("Süd".encode("latin-1"), "UNOA", "cp1252", True),
        ("10 €".encode("cp1252"), "UNOC", "cp1252", True),
        (b"\x81\xff", "UNOC", "iso8859-1", False),
        (b"\xff\xfe\x81", "UNOY", "iso8859-1", True),
        ("한국".encode("euc_kr"), "KECA", "euc_kr", False),
        ("Łódź".encode("iso8859-2"), "UNOD", "iso8859-2", False),
    ],
)
def test_choose_warns_when_the_bytes_are_not_what_unb_says(
    body: bytes, syntax_id: str, codec: str, *, warned: bool
) -> None:
    """The declared set is used where the bytes fit it; else another one, and a warning says so."""
    chosen, findings = choose(body, syntax_id, None)
    assert chosen == codec
    assert bool(findings) is warned


@pytest.mark.parametrize(
    ("override", "codec"), [("cp1252", "cp1252"), ("no-such-codec", "cp1252"), ("utf-16", "cp1252"), ("hex", "cp1252")]
)
def test_choose_takes_the_partners_codec_where_it_can(override: str, codec: str) -> None:
    """The partner's codec goes first, if there is such a codec and ASCII stands for itself in it."""
    chosen, findings = choose(b"Gr\xfc\xdfe", "UNOA", override)
    assert chosen == codec
    assert bool(findings) is (override != "cp1252")


def test_choose_rejects_code_extension() -> None:
    """Escape sequences hide separators in data: such an interchange is turned away rather than misread."""
    _codec, findings = choose("注文".encode("iso2022_jp"), "UNOX", None)
    assert [finding.syntax_code for finding in findings] == [46]
