"""One order, one trace: from receive to the answer that was delivered, over RabbitMQ, in two processes."""

from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from acceptance.conftest import Deploy
from services.deployment import company
from services.edifact import Order, interchange
from services.partner_server import PartnerServer, serving

GLN = "4000000000006"


def spans_at(collector: PartnerServer) -> dict[bytes, Any]:
    """Return the spans that came, by their ids."""
    found: dict[bytes, Any] = {}
    for got in list(collector.got):
        for resource in ExportTraceServiceRequest.FromString(got.content).resource_spans:
            found |= {span.span_id: span for scope in resource.scope_spans for span in scope.spans}
    return found


@pytest.mark.parametrize("deploy", ["services"], indirect=True)
def test_one_order_is_one_trace(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every flow stands below the one before it, up to the file's receipt, and the calls to NAV below fulfilment."""
    with serving() as collector:
        collector.statuses = [200]
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.removesuffix("/edi"))
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
        deployment = deploy(company(i1001=10), ORDERWIRE_TRACING__ON="true")
        deployment.partner("acme", GLN)
        deployment.receive(interchange(GLN, "ONE", [Order("PO-1")]))
        deployment.run("work")
        deployment.wait_for(lambda: len(deployment.replies("acme")) == 1, 90, "the answer is delivered")
        deployment.wait_for(lambda: "deliver" in {span.name for span in spans_at(collector).values()}, 30, "spans came")
        deployment.close()

        spans = spans_at(collector)
    chain = [next(span for span in spans.values() if span.name == "deliver")]
    while chain[-1].parent_span_id:
        chain.append(spans[chain[-1].parent_span_id])
    assert [span.name for span in chain] == ["deliver", "respond", "fulfil", "decode", "receive edi"]
    below_fulfil = {span.name for span in spans.values() if span.parent_span_id == chain[2].span_id}
    assert {"nav stock", "nav create_order"} <= below_fulfil
    assert {span.trace_id for span in chain} == {chain[0].trace_id}
