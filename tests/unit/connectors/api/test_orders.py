"""The REST API's order document."""

import pytest
from pydantic import ValidationError

from orderwire.connectors.api.orders import ApiOrder


def test_an_order_number_has_no_control_characters() -> None:
    """An order number that NAV could not take is refused before anything is done about it."""
    with pytest.raises(ValidationError, match="order_no"):
        ApiOrder.model_validate({"order_no": "PO\x0b1", "lines": [{"item_no": "1001", "quantity": "1"}]})
