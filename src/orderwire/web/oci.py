"""Open Catalog Interface: the buyer's browser logs in at our address, and goes on to the shop."""

from typing import Annotated, Final
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Path, Request, Response

from orderwire.config.profile import PartnerProfile
from orderwire.connectors.punchout import oci
from orderwire.errors import ConfigurationError, PermanentError, UnknownPartnerError
from orderwire.pipeline.punchout import Sessions
from orderwire.pipeline.punchout_setup import journal_setup
from orderwire.web.context import Context, Shared
from orderwire.web.limits import read_body
from orderwire.web.problems import Problem
from orderwire.web.punchout import means_of
from orderwire.web.punchout_pages import onwards, page

log = structlog.get_logger(__name__)
router = APIRouter(tags=["punchout"])

_MAX_CALL_BYTES: Final = 64 * 1024
_MAX_FIELDS: Final = 200

Key = Annotated[str, Path(max_length=80)]


@router.get("/oci/{partner}", include_in_schema=False)
@router.post("/oci/{partner}", include_in_schema=False)
async def call_catalogue(request: Request, context: Shared, partner: Key) -> Response:
    """Open the shop for a partner's catalogue call, by POST, or by GET where the partner's system can do no better."""
    caller = context.misses.caller(request)
    context.misses.check(caller)
    fields = _fields(str(request.url.query), await read_body(request, _MAX_CALL_BYTES))
    profile = await context.quick.run(lambda: _known(context, partner, fields))
    if profile is None:
        context.misses.note(caller)
        return page("ended", None, 403, reason="The user or password of the catalogue call is not known.")
    return await context.lookup.run(lambda: _open(context, profile, fields))


def _known(context: Context, key: str, fields: dict[str, str]) -> PartnerProfile | None:
    try:
        profile = context.services.partners.get(key)
    except (UnknownPartnerError, ConfigurationError):
        return None
    call = profile.punchout.oci if profile.punchout else None
    return profile if call is not None and oci.knows(call, fields) else None


def _open(context: Context, profile: PartnerProfile, fields: dict[str, str]) -> Response:
    call = profile.punchout.oci if profile.punchout else None
    if call is None:
        raise Problem(404, "not_found", "there is nothing here")
    means = means_of(context.services, context.receiver.announce)
    try:
        setup = oci.read_call(call, fields)
        document_id = journal_setup(means, profile.key, oci.KIND, setup)
        return onwards(Sessions(means).open_entered(setup, profile, document_id))
    except PermanentError as error:
        log.warning("catalogue_call_refused", partner=profile.key, code=error.code, reason=str(error))
        return page("ended", None, 422, reason=f"{error.message[0].upper()}{error.message[1:]}.")


def _fields(query: str, body: bytes) -> dict[str, str]:
    """Return the fields, the body's over the query's."""
    try:
        pairs = [
            pair
            for text in (query, body.decode("utf-8", "replace"))
            for pair in parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        ]
    except ValueError:
        raise Problem(422, "invalid", "the call has too many fields", errors=[]) from None
    return dict(pairs)
