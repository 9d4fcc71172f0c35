"""Who calls: a partner, by its API key, alone or as the password that goes with the partner's key."""

import hashlib
import hmac
from typing import Annotated

from fastapi import Depends
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer

from orderwire.config.partners import Partners
from orderwire.config.profile import PartnerProfile
from orderwire.web.context import Shared
from orderwire.web.problems import Problem

_BEARER = HTTPBearer(auto_error=False, description="`Authorization: Bearer <API key>`")
_BASIC = HTTPBasic(auto_error=False, description="User: the partner's key in our configuration. Password: the API key")
_HEADER = APIKeyHeader(name="X-Api-Key", auto_error=False, description="`X-Api-Key: <API key>`")


async def caller(
    context: Shared,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    header: Annotated[str | None, Depends(_HEADER)],
    basic: Annotated[HTTPBasicCredentials | None, Depends(_BASIC)],
) -> PartnerProfile:
    """Return the partner whose key came with the request.

    Raises:
        Problem: 401, when there is no key, two that differ, one that is nobody's, or somebody else's user name.
    """
    given = (bearer.credentials if bearer else None, basic.password if basic else None, header)
    keys = {key for key in given if key}
    partner = (
        await context.quick.run(lambda: partner_of(keys.pop(), context.services.partners)) if len(keys) == 1 else None
    )
    if partner is None or (basic is not None and basic.username != partner.key):
        raise Problem(
            401,
            "unauthorized",
            "an API key is needed that we know",
            headers={"WWW-Authenticate": 'Bearer realm="orderwire", Basic realm="orderwire", charset="UTF-8"'},
        )
    return partner


def partner_of(key: str, partners: Partners) -> PartnerProfile | None:
    """Return the one partner with this key; every profile is compared, and none faster than another."""
    # Headers are bytes on the wire and come to us as Latin-1.
    digest = hashlib.sha256(key.encode("latin-1", "replace")).hexdigest()
    found = [
        profile
        for profile in partners.all()
        if profile.api is not None and hmac.compare_digest(profile.api.key_sha256, digest)
    ]
    return found[0] if len(found) == 1 else None


#: Parameter type of a route that needs the calling partner.
Caller = Annotated[PartnerProfile, Depends(caller)]
