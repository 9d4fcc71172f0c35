"""The first profile of a partner, as text that people go on writing in."""

import json
from typing import Final

from orderwire.errors import ConfigurationError

_HEAD: Final = """\
# docs/reference/partner.md tells of every field.
name: {name}
customer_no: {customer_no} # the customer in NAV
shortage: reject_line # or part_delivery, back_order, substitute, reject_order
"""
_EDI: Final = """\
edi:
  identifiers:
    - id: {theirs}
      qualifier: "14"
  ours:
    id: {ours}
    qualifier: "14"
  response_version: D.96A
folder:
  inbox: partners/{key}/in
  outbox: partners/{key}/out
"""
_CXML: Final = """\
cxml: # the shared secret: ORDERWIRE_PARTNERS__{variable}__CXML__SHARED_SECRET
  identities:
    - {{ domain: {their_domain}, identity: {their_identity} }}
  ours:
    - {{ domain: {our_domain}, identity: {our_identity} }}
  send: [{send}]
"""
_HTTP: Final = """\
http: # where the partner's system takes documents
  url: {url}
  auth: none
"""


def edi_profile(key: str, name: str, customer_no: str, theirs: str, ours: str) -> str:
    """Return the profile of a partner that sends EDIFACT under one GLN to another."""
    head = _HEAD.format(name=json.dumps(name, ensure_ascii=False), customer_no=json.dumps(customer_no))
    return head + _EDI.format(key=key, theirs=json.dumps(theirs), ours=json.dumps(ours))


def cxml_profile(key: str, name: str, customer_no: str, theirs: str, ours: str, url: str | None) -> str:
    """Return the profile of a partner that sends cXML, between identities as DOMAIN:IDENTITY.

    Raises:
        ConfigurationError: one of them is none.
    """
    their_domain, their_identity = _identity(theirs)
    our_domain, our_identity = _identity(ours)
    head = _HEAD.format(name=json.dumps(name, ensure_ascii=False), customer_no=json.dumps(customer_no))
    section = _CXML.format(
        variable=key.replace("-", "_").upper(),
        their_domain=their_domain,
        their_identity=their_identity,
        our_domain=our_domain,
        our_identity=our_identity,
        send="ConfirmationRequest, ShipNoticeRequest, InvoiceDetailRequest" if url else "",
    )
    return head + section + (_HTTP.format(url=json.dumps(url)) if url else "")


def _identity(text: str) -> tuple[str, str]:
    domain, _, identity = text.partition(":")
    if not domain or not identity:
        raise ConfigurationError(f"{text}: write it as DOMAIN:IDENTITY, e.g. NetworkID:AN01000000001")
    return json.dumps(domain), json.dumps(identity)
