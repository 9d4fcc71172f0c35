"""Who is let in."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from cxmlwire import BUYER, SECRET, US, a_buyer, credential, cxml, header, secrets, shared
from fakes.documents import PartnersOf, a_partner
from orderwire.config.profile import PartnerProfile
from orderwire.config.secrets import Secrets
from orderwire.connectors.punchout.authenticate import Door, mac_of, sent_by
from orderwire.connectors.punchout.document import XmlDocument, read_document
from orderwire.connectors.punchout.envelope import Credential, Envelope, read_envelope
from orderwire.ports.intake import Finding

NOW = datetime(2003, 1, 15, 17, tzinfo=UTC)
HUB = {"domain": "AribaNetworkUserId", "identity": "sysadmin@ariba.com"}


def _envelope(head: str) -> Envelope:
    document = read_document(cxml(head=head))
    assert isinstance(document, XmlDocument)
    envelope = read_envelope(document)
    assert isinstance(envelope, Envelope)
    return envelope


def _admit(
    head: str, *partners: PartnerProfile, known: Secrets | None = None, now: datetime = NOW
) -> PartnerProfile | Finding:
    door = Door(PartnersOf(*(partners or (a_buyer(),)), a_partner()), known or secrets())
    return door.admit(_envelope(head), now)


def _code(admitted: PartnerProfile | Finding) -> str:
    return admitted.code if isinstance(admitted, Finding) else f"admitted {admitted.key}"


def _mac(created: str, expires: str, value: str) -> str:
    kind = 'type="FromSenderCredentials" algorithm="HMAC-SHA1-96"'
    dates = f'creationDate="{created}" expirationDate="{expires}"'
    return f"<CredentialMac {kind} {dates}>{value}</CredentialMac>"


def test_the_right_secret_opens() -> None:
    """Blanks around it, and the case of the domain and the identity, are no matter."""
    head = header(sender=credential("networkid", BUYER.lower(), shared(f"\n {SECRET} ")))

    assert _code(_admit(head)) == "admitted procure"


@pytest.mark.parametrize(
    "proof", ["", shared(""), shared("wrong"), shared(SECRET.upper()), shared(f"<b>{SECRET}x</b>")]
)
def test_any_other_secret_does_not(proof: str) -> None:
    """Nor does none at all."""
    assert _code(_admit(header(sender=credential("NetworkID", BUYER, proof)))) == "credentials"


def test_without_a_secret_of_ours_nobody_comes_in() -> None:
    """An empty secret on both sides is no agreement."""
    head = header(sender=credential("NetworkID", BUYER, shared("")))

    assert _code(_admit(head, known=Secrets({}))) == "credentials"


def test_a_digest_in_the_profile_does_as_well() -> None:
    """It stands for the secret where no variable has it, and for no other secret."""
    buyer = a_buyer(cxml={"shared_secret_sha256": hashlib.sha256(SECRET.encode()).hexdigest()})

    assert _code(_admit(header(), buyer, known=Secrets({}))) == "admitted procure"
    wrong = header(sender=credential("NetworkID", BUYER, shared("wrong")))
    assert _code(_admit(wrong, buyer, known=Secrets({}))) == "credentials"


def test_an_unknown_sender_and_a_wrong_secret_are_told_the_same() -> None:
    """Nobody learns which names are known."""
    unknown = _admit(header(sender=credential("NetworkID", "nobody", shared())))
    wrong = _admit(header(sender=credential("NetworkID", BUYER, shared("wrong"))))

    assert unknown == wrong


def test_a_hub_speaks_for_its_partners_only() -> None:
    """The Sender is the hub with its secret; From decides who is meant, and must be one that the hub may speak for."""
    hubs = {"hubs": [HUB]}
    one, other = a_buyer(cxml=hubs), a_buyer("other", {"identities": [{"domain": "DUNS", "identity": "7"}]})
    known = Secrets({f"ORDERWIRE_PARTNERS__{key}__CXML__SHARED_SECRET": SECRET for key in ("PROCURE", "OTHER")})
    hub = credential("AribaNetworkUserId", "sysadmin@ariba.com", shared())

    assert _code(_admit(header(sender=hub), one, other, known=known)) == "admitted procure"
    foreign = header(from_=credential("DUNS", "7"), sender=hub)
    assert _code(_admit(foreign, one, other, known=known)) == "not_authorised"


def test_from_must_be_the_senders_own() -> None:
    """A partner with a secret cannot order for another."""
    assert _code(_admit(header(from_=credential("NetworkID", "somebody")))) == "not_authorised"
    assert _code(_admit(header(from_=credential("X", BUYER, kind="marketplace")))) == "not_authorised"


def test_one_of_several_credentials_is_enough() -> None:
    """In From, in To, and in Sender."""
    many = credential("VendorID", "9")
    head = header(
        many + credential("NetworkID", BUYER),
        many + credential("DUNS", US),
        many + credential("NetworkID", BUYER, shared()),
    )

    assert _code(_admit(head)) == "admitted procure"


def test_a_document_for_somebody_else_is_refused() -> None:
    """To must be us."""
    assert _code(_admit(header(to=credential("DUNS", "123")))) == "wrong_recipient"


def test_two_partners_of_one_identity_are_nobody() -> None:
    """An order must not reach a wrong customer."""
    known = Secrets({f"ORDERWIRE_PARTNERS__{key}__CXML__SHARED_SECRET": SECRET for key in ("PROCURE", "OTHER")})

    assert _code(_admit(header(), a_buyer(), a_buyer("other"), known=known)) == "not_authorised"


#: The published vector of HMAC-SHA1-96.
CREATED, EXPIRES, VALUE = "2003-01-15T08:42:46-08:00", "2003-01-15T11:42:46-08:00", "cR6Jpz58nriXERDN"
PARTY = "AN9900000100"


def _mac_admit(proof: str, now: datetime = NOW) -> str:
    buyer = a_buyer(cxml={"identities": [{"domain": "NetworkID", "identity": PARTY}]})
    head = header(credential("NetworkID", PARTY), sender=credential("NetworkID", PARTY, proof))
    return _code(_admit(head, buyer, now=now))


def test_a_mac_proves_the_secret() -> None:
    """The published vector is reproduced, and opens."""
    party = Credential("NetworkID", PARTY)

    assert mac_of(SECRET, party, party, CREATED, EXPIRES) == VALUE
    assert _mac_admit(_mac(CREATED, EXPIRES, VALUE)) == "admitted procure"


@pytest.mark.parametrize(
    "proof",
    [
        _mac(CREATED, EXPIRES, "cR6Jpz58nriXERDM"),
        _mac(CREATED, "2013-01-15T11:42:46-08:00", VALUE),
        _mac("sometime", EXPIRES, VALUE),
        _mac("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", VALUE),
        _mac(CREATED, EXPIRES, VALUE).replace("HMAC-SHA1-96", "none"),
        _mac(CREATED, EXPIRES, VALUE).replace("FromSenderCredentials", "other"),
        _mac(CREATED, EXPIRES, ""),
    ],
)
def test_a_mac_that_is_not_right_does_not_open(proof: str) -> None:
    """By its value, its dates, its algorithm or its type."""
    assert _mac_admit(proof) == "credentials"


def test_a_mac_has_its_time() -> None:
    """It opens neither after its end nor long before its beginning; clocks may differ by a few minutes."""
    proof, created = _mac(CREATED, EXPIRES, VALUE), datetime(2003, 1, 15, 16, 42, 46, tzinfo=UTC)

    assert _mac_admit(proof, created - timedelta(minutes=4)) == "admitted procure"
    assert _mac_admit(proof, created - timedelta(minutes=6)) == "credentials"
    assert _mac_admit(proof, created + timedelta(hours=3, seconds=-1)) == "admitted procure"
    assert _mac_admit(proof, created + timedelta(hours=3)) == "credentials"


def test_the_sender_is_known_by_from_without_proof() -> None:
    """Where another channel has proved who sends, From names the partner."""
    assert sent_by(_envelope(header()), [a_partner(), a_buyer()]) == a_buyer()
    assert sent_by(_envelope(header(from_=credential("DUNS", "7"))), [a_buyer()]) is None
