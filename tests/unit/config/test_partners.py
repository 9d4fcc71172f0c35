"""Partner profiles: folders of plain files that may change at any time."""

import os
from pathlib import Path

import pytest

from orderwire.canonical.order import ItemScheme
from orderwire.config.partners import Partners
from orderwire.config.profile import ShortagePolicy
from orderwire.errors import ConfigurationError, UnknownPartnerError

PROFILE = """
name: Acme
customer_no: C1
edi:
  identifiers: [{id: "4099998000020", qualifier: "14"}]
  ours: {id: "4099998000013", qualifier: "14"}
"""
KEY_SHA256 = "ab" * 32


@pytest.fixture
def config(tmp_path: Path) -> Path:
    add(tmp_path, "acme", PROFILE)
    return tmp_path


def add(config: Path, key: str, profile: str, **codes: str) -> Path:
    folder = config / "partners" / key
    (folder / "codes").mkdir(parents=True)
    (folder / "partner.yaml").write_text(profile, encoding="utf-8")
    for name, text in codes.items():
        (folder / "codes" / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_profile_is_read_with_its_code_tables(config: Path) -> None:
    """The partner's units stand over the shared ones."""
    (config / "codes").mkdir()
    (config / "codes/units.csv").write_text("code,erp_unit\nPCE,PCS\nCT,CARTON\n", encoding="utf-8")
    add(
        config,
        "toolbox",
        "name: Toolbox\ncustomer_no: C2\nshortage: back_order\n",
        items="scheme,value,item_no\nbuyer,TB-1,1001\n",
        units="code,erp_unit\nCT,BOX\n",
        substitutes="item_no,substitute_no\n1001,1002\n",
    )

    profile = Partners(config).get("toolbox")

    assert profile.shortage is ShortagePolicy.BACK_ORDER
    assert profile.items == {(ItemScheme.BUYER, "TB-1"): "1001"}
    assert profile.units == {"PCE": "PCS", "CT": "BOX"}
    assert profile.substitutes == {"1001": "1002"}


def test_a_change_is_seen_without_a_restart(config: Path) -> None:
    """The next look-up reads a file that changed, and only then."""
    partners = Partners(config)
    before = partners.get("acme")
    file = config / "partners/acme/partner.yaml"

    assert partners.get("acme") is before
    file.write_text(PROFILE.replace("C1", "C9"), encoding="utf-8")
    os.utime(file, ns=(1, 1))

    assert partners.get("acme").customer_no == "C9"


def test_a_new_code_table_and_a_new_partner_are_seen_without_a_restart(config: Path) -> None:
    """Files and folders that appear are part of the next look-up."""
    partners = Partners(config)
    partners.get("acme")

    (config / "partners/acme/codes/units.csv").write_text("code,erp_unit\nCT,CARTON\n", encoding="utf-8")
    add(config, "other", "name: Other\ncustomer_no: C2\n")

    assert partners.get("acme").units == {"CT": "CARTON"}
    assert partners.keys() == ["acme", "other"]


def test_a_profile_that_broke_holds_as_it_was_and_heals(config: Path) -> None:
    """A slip of the pen turns no order away: what was read last holds, what is wrong is told, and mending is enough."""
    partners = Partners(config)
    file = config / "partners/acme/partner.yaml"
    before = partners.get("acme")
    file.write_text(PROFILE + "colour: red\n", encoding="utf-8")
    assert (partners.get("acme"), partners.by_edi_identifier("4099998000020", "14")) == (before, before)
    [problem] = partners.problems()
    assert "colour" in problem
    with pytest.raises(ConfigurationError):
        Partners(config).get("acme")

    file.write_text(PROFILE.replace("C1", "C9"), encoding="utf-8")

    assert (partners.get("acme").customer_no, partners.problems()) == ("C9", [])


@pytest.mark.parametrize(
    "key",
    ["", ".", "..", "../acme", "acme/../acme", "/etc", "acme/", "a\\b", "ACME", "acme\x00", "acmé", "nobody", "~"],
)
def test_a_key_never_leads_out_of_the_folder(config: Path, key: str) -> None:
    """A key comes from outside too (a URL): it is a name, never a path."""
    with pytest.raises(UnknownPartnerError):
        Partners(config).get(key)


def test_all_problems_are_told_at_once(config: Path) -> None:
    """Unknown keys, wrong values, wrong code tables: one message."""
    add(
        config,
        "bad",
        """
        name: Bad
        custmer_no: C1
        shortage: maybe
        items: {}
        folder: {inbox: ../../etc, outbox: /srv}
        edi: {identifiers: [], ours: {id: x}, charset: klingon}
        """,
        items="scheme,value,item_no\nbuyer,A\nours,B,1\n",
    )

    with pytest.raises(ConfigurationError) as caught:
        Partners(config).get("bad")

    for wanted in (
        "custmer_no",
        "customer_no",
        "shortage",
        "items: does not stand in partner.yaml",
        "folder.inbox",
        "folder.outbox",
        "edi.identifiers",
        "edi.charset",
        "codes/items.csv line 2",
        "('ours', 'B')",
    ):
        assert wanted in caught.value.message


def test_a_wrong_code_table_alone_is_refused(config: Path) -> None:
    """A profile whose items would be found by half is not served."""
    (config / "partners/acme/codes/items.csv").write_text("scheme,value,item_no\nbuyer,A\n", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"codes/items\.csv line 2"):
        Partners(config).get("acme")


def test_a_known_character_set_and_inner_folders_are_taken(config: Path) -> None:
    """What the profile names is kept as it is."""
    add(config, "other", PROFILE + "  charset: cp1252\nfolder: {inbox: partners/other/in}\n")

    profile = Partners(config).get("other")

    assert profile.edi is not None
    assert profile.edi.charset == "cp1252"
    assert profile.folder is not None
    assert (profile.folder.inbox, profile.folder.outbox) == ("partners/other/in", None)


def test_a_folder_without_a_profile_is_refused_and_not_listed(config: Path) -> None:
    """A folder that is being made, or whose file was a link that leads nowhere, is no crash."""
    (config / "partners/half/codes").mkdir(parents=True)
    (config / "partners/half/codes/items.csv").symlink_to("nowhere")

    with pytest.raises(ConfigurationError, match=r"partner\.yaml"):
        Partners(config).get("half")
    assert Partners(config).keys() == ["acme"]


@pytest.mark.parametrize("text", ["", "- a\n- b", "text", "a: [", "\x00", "&a [*a]"])
def test_a_file_that_is_no_profile_is_refused(config: Path, text: str) -> None:
    """Any other YAML, or none, is a ConfigurationError and not a traceback."""
    add(config, "bad", text)

    with pytest.raises(ConfigurationError):
        Partners(config).get("bad")


def test_a_broken_profile_does_not_hide_the_others(config: Path) -> None:
    """`all` gives what can be read, `problems` tells of the rest."""
    add(config, "bad", "nonsense: 1")
    add(config, "UPPER", "name: Upper\ncustomer_no: C1\n")
    partners = Partners(config)

    assert [profile.key for profile in partners.all()] == ["acme"]
    upper, bad = partners.problems()
    assert upper == "no partner of that key (partner=UPPER)"
    assert bad.startswith("partner bad:")


@pytest.mark.parametrize(("qualifier", "found"), [("14", True), (None, False), ("1", False)])
def test_a_sender_is_found_by_identifier_and_qualifier(config: Path, qualifier: str | None, found: bool) -> None:  # noqa: FBT001  a table
    """A qualifier that the profile names must be the sender's."""
    profile = Partners(config).by_edi_identifier("4099998000020", qualifier)

    assert (profile is not None) is found


def test_the_exact_qualifier_goes_before_any(config: Path) -> None:
    """A profile for any qualifier takes what no other names."""
    add(config, "any", PROFILE.replace(', qualifier: "14"}]', "}]"))
    partners = Partners(config)

    assert partners.by_edi_identifier("4099998000020", "14") == partners.get("acme")
    assert partners.by_edi_identifier("4099998000020", None) == partners.get("any")


def test_what_two_partners_claim_leads_to_neither(config: Path) -> None:
    """An order must not reach a wrong customer; `problems` says who claims what."""
    add(config, "twin", PROFILE + f"api: {{key_sha256: {KEY_SHA256}}}\n")
    add(config, "web", f"name: Web\ncustomer_no: C2\napi: {{key_sha256: {KEY_SHA256}}}\n")
    partners = Partners(config)

    assert partners.by_edi_identifier("4099998000020", "14") is None
    assert partners.by_api_key_sha256(KEY_SHA256) is None
    assert len(partners.problems()) == 2


def test_a_caller_is_found_by_the_hash_of_its_key(config: Path) -> None:
    """The key itself stands nowhere."""
    add(config, "web", f"name: Web\ncustomer_no: C2\napi: {{key_sha256: {KEY_SHA256}}}\n")
    partners = Partners(config)

    found = partners.by_api_key_sha256(KEY_SHA256)

    assert found is not None
    assert found.key == "web"
    assert partners.by_api_key_sha256("00" * 32) is None


def test_without_a_folder_there_are_no_partners(tmp_path: Path) -> None:
    """An empty configuration is no error."""
    partners = Partners(tmp_path)

    assert partners.keys() == []
    assert partners.all() == []
    assert partners.problems() == []
