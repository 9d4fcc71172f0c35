"""Remembered master data."""

from orderwire.connectors.nav.memory import Memory


class _Nav:
    def __init__(self) -> None:
        self.items = {"1001": "drill"}
        self.asked: list[set[str]] = []

    def ask(self, keys: set[str]) -> dict[str, str]:
        self.asked.append(keys)
        return {key: self.items[key] for key in keys if key in self.items}


def test_an_answer_is_asked_for_once_while_it_is_fresh() -> None:
    """Within its time a known key costs no call; after it the key is asked for again."""
    now, nav = [0.0], _Nav()
    memory = Memory[str](60, lambda: now[0])

    for now[0] in (0.0, 59.9, 60.0):
        assert memory.read(["1001"], nav.ask) == {"1001": "drill"}

    assert nav.asked == [{"1001"}, {"1001"}]


def test_what_nav_does_not_know_is_asked_for_every_time() -> None:
    """An item made in NAV a moment ago is found at once."""
    nav = _Nav()
    memory = Memory[str](60, lambda: 0.0)
    assert memory.read(["1001", "1002"], nav.ask) == {"1001": "drill"}

    nav.items["1002"] = "hammer"

    assert memory.read(["1001", "1002"], nav.ask) == {"1001": "drill", "1002": "hammer"}
    assert nav.asked[1] == {"1002"}


def test_no_time_means_always_ask() -> None:
    """With 0 seconds nothing is remembered."""
    nav = _Nav()
    memory = Memory[str](0, lambda: 0.0)

    memory.read(["1001"], nav.ask)
    memory.read(["1001"], nav.ask)

    assert len(nav.asked) == 2
