"""AS2: messages of partners, and their receipts for ours."""

from fastapi import APIRouter, Request, Response

from orderwire.connectors.channels.as2 import headers_of
from orderwire.connectors.channels.as2_parties import As2Parties
from orderwire.connectors.channels.as2_station import As2Station
from orderwire.pipeline.transmissions import Transmissions
from orderwire.ports.transmission import GivenReceipt
from orderwire.web.context import Context, Shared
from orderwire.web.limits import read_body

router = APIRouter(tags=["as2"])


_BODY = {"requestBody": {"required": True, "content": {"application/pkcs7-mime": {"schema": {"type": "string"}}}}}


@router.post("/as2", summary="Take an AS2 message in, or a receipt", openapi_extra=_BODY)
async def take_transmission(request: Request, context: Shared) -> Response:
    """Archive the document, then answer with the receipt (MDN) that the sender asked for."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await read_body(request, context.services.settings.limits.max_document_bytes)
    receipt = await context.intake.run(lambda: _take(context, headers, body))
    if receipt is None:
        return Response(status_code=202)
    head, _, content = receipt.partition(b"\r\n\r\n")
    return Response(content, headers=headers_of(head))


def _take(context: Context, headers: dict[str, str], body: bytes) -> bytes | None:
    services = context.services
    station = As2Station(As2Parties(services.settings), services.partners)
    desk = Transmissions(services.store, context.receiver, context.receiver.announce, services.clock)
    brought = station.open(headers, body, desk.addressee)
    if isinstance(brought, GivenReceipt):
        desk.settle(brought)
        return None
    return desk.take(brought)
