"""EDIFACT over HTTP: the raw bytes of an interchange."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from orderwire.canonical.model import Canonical
from orderwire.canonical.order import Channel
from orderwire.ports.intake import DecodeHint
from orderwire.web.context import Shared
from orderwire.web.credentials import Caller
from orderwire.web.limits import read_body
from orderwire.web.problems import Problem

router = APIRouter(tags=["edi"])

_BODY = {"requestBody": {"required": True, "content": {"application/edifact": {"schema": {"type": "string"}}}}}


class Taken(Canonical):
    document_id: str = Field(description="Journal row of the bytes; the answer comes by the partner's own channel")


@router.post("/edi/{partner}", status_code=202, summary="Take an EDIFACT file in", openapi_extra=_BODY)
async def take_interchange(
    request: Request, context: Shared, caller: Caller, partner: Annotated[str, Path(description="The caller's own key")]
) -> Taken:
    """Archive the bytes and answer; CONTRL and ORDRSP travel by the partner's outbox. 404 for anybody else's key."""
    if partner != caller.key or caller.edi is None:
        raise Problem(404, "not_found", "there is nothing here")
    content = await read_body(request, context.services.settings.limits.max_document_bytes)
    if not content:
        raise Problem(422, "invalid", "the body is empty", errors=[])
    hint = DecodeHint(partner=caller.key)
    return Taken(document_id=await context.intake.run(lambda: context.receiver(content, Channel.EDI, hint)))
