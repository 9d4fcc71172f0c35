"""A browser for machines: forms are found by action and fields, and sent as they stand."""

import httpx
import pytest

from orderwire.simulators.buyer.robot import Robot

PAGE = """<form action="change"><input name="quantity-1" value="2"></form>
<form action="add"><input type="hidden" name="item_no" value="1"><input name="quantity" value="1"></form>
<form action="add"><input type="hidden" name="item_no" value="2"><input name="quantity" value="1"><button>Add</form>
<form action="https://buyer.example.com/cart"><input name="cXML" value="&lt;a&gt;&amp;"></form>"""


class Site(httpx.MockTransport):
    """Answers with the page, and keeps what was posted."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.posted: list[tuple[str, str]] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.posted.append((str(request.url), request.read().decode()))
        return httpx.Response(200, text=PAGE)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def robot(site: Site) -> Robot:
    robot = Robot()
    robot._client = httpx.Client(transport=site)
    assert robot.open("https://shop.example.com/visit/1/") == 200
    return robot


def test_a_form_is_chosen_by_action_and_item(robot: Robot, site: Site) -> None:
    """Its other fields go with it; addresses are relative to the page."""
    robot.send("add", item_no="2", quantity="7")
    robot.send("change", **{"quantity-1": "0"})

    assert site.posted == [
        ("https://shop.example.com/visit/1/add", "item_no=2&quantity=7"),
        ("https://shop.example.com/visit/1/change", "quantity-1=0"),
    ]


def test_a_form_that_is_not_there_is_missed(robot: Robot) -> None:
    """As a LookupError that says where."""
    with pytest.raises(LookupError, match="check-out"):
        robot.send("check-out")


def test_values_are_what_a_browser_would_post(robot: Robot) -> None:
    """Entities are resolved once."""
    forms = robot._forms()

    assert forms[3].fields == {"cXML": "<a>&"}
    assert robot.form().action == "https://shop.example.com/visit/1/change"
    robot.close()
