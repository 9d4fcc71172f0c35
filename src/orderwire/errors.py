"""Everything that can go wrong, and whether a retry can help.

::

    OrderwireError
    ├── TransientError              a retry can help: the ladder
    │   ├── UnavailableError        the other side did not answer this call
    │   ├── BusyError               a lock, a deadlock, a full queue
    │   ├── ConflictError           somebody changed the record: read again
    │   ├── InDoubtError            a write may or may not have happened: read back before anything else
    │   ├── ImplausibleError        nearly all stock is gone at once: held until it is back, or somebody believes it
    │   ├── OutOfOrderError         it speaks of an order that is not there, or not decided, yet
    │   ├── StockTakenError         NAV itself has less left than was granted: decide again
    │   ├── UnsettledError          stock holds in flight on the item: read again when they are settled
    │   └── LeaseLostError          another worker has the order now
    ├── OutageError                 the other side is down: the lane pauses, no attempt is counted
    │   ├── CredentialsError        the other side refuses our credentials: pause, so that no account is locked
    │   └── BrokenContractError     NAV's web service lacks what every order needs, or is not what it was
    ├── PermanentError              a retry cannot help: parked for a person
    │   ├── DecodeError             the bytes are not what they say they are
    │   ├── MappingError            understood, but without a meaning here (unit, item, date)
    │   ├── UnknownPartnerError     nobody in config/partners answers to this sender
    │   ├── DuplicateConflictError  the same reference with other content
    │   ├── TestRefusedError        a test document met a production NAV company
    │   ├── ErpRefusedError         NAV understood and said no
    │   ├── ContractError           NAV's web service lacks what this message needs
    │   ├── DeliveryRefusedError    the partner's system said no
    │   ├── CartDiffersError        an order is not what was in the cart it came from
    │   ├── SessionClosedError      a punch-out session has ended, by time or with its cart
    │   ├── LimitError              larger, deeper or longer than the configured limit
    │   └── DeadLetterError         the broker gave the message up
    ├── AccessRefusedError          who calls may not do this, or is not known
    ├── AlreadyDoneError            nothing left to do: discarded, with the reason in the journal
    └── ConfigurationError          settings or a partner profile are wrong: all problems at once

``code`` is stable: operators filter by it, alerts and run-books name it. ``facts`` are the error's particulars,
kept out of the sentence so that equal causes group together.
"""

from typing import ClassVar


class OrderwireError(Exception):
    """The root: a sentence for people, a stable ``code``, and ``facts``."""

    code: ClassVar[str] = "internal"

    def __init__(self, message: str, /, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = {name: value for name, value in facts.items() if value is not None}

    def __str__(self) -> str:
        if not self.facts:
            return self.message
        return f"{self.message} ({', '.join(f'{name}={value}' for name, value in self.facts.items())})"


class TransientError(OrderwireError):
    code = "transient"


class UnavailableError(TransientError):
    code = "unavailable"


class BusyError(TransientError):
    code = "busy"


class ConflictError(TransientError):
    code = "conflict"


class InDoubtError(TransientError):
    code = "in_doubt"


class ImplausibleError(TransientError):
    code = "implausible_stock"


class StockTakenError(TransientError):
    code = "stock_taken"


class UnsettledError(TransientError):
    code = "unsettled"


class OutOfOrderError(TransientError):
    code = "out_of_order"


class LeaseLostError(TransientError):
    code = "lease_lost"


class OutageError(OrderwireError):
    code = "outage"


class CredentialsError(OutageError):
    code = "credentials"


class BrokenContractError(OutageError):
    code = "erp_contract_broken"


class PermanentError(OrderwireError):
    code = "permanent"


class DecodeError(PermanentError):
    code = "decode"


class MappingError(PermanentError):
    code = "mapping"


class UnknownPartnerError(PermanentError):
    code = "unknown_partner"


class DuplicateConflictError(PermanentError):
    code = "duplicate_conflict"


class TestRefusedError(PermanentError):
    code = "test_refused"
    __test__ = False  # not a pytest class


class ErpRefusedError(PermanentError):
    code = "erp_refused"


class ContractError(PermanentError):
    code = "erp_contract"


class DeliveryRefusedError(PermanentError):
    code = "delivery_refused"


class CartDiffersError(PermanentError):
    code = "cart_differs"


class SessionClosedError(PermanentError):
    code = "session_closed"


class LimitError(PermanentError):
    code = "limit"


class DeadLetterError(PermanentError):
    code = "dead_letter"


class AccessRefusedError(OrderwireError):
    code = "access_refused"


class AlreadyDoneError(OrderwireError):
    code = "already_done"


class ConfigurationError(OrderwireError):
    code = "configuration"
