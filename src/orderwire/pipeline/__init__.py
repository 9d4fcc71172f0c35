"""Use cases: receive, decode, fulfil, respond, deliver, record, recover, replay. No library of the outside."""
