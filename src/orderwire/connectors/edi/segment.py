"""The segment as read: where it began, and its elements."""

from typing import NamedTuple

#: A simple element, or the components of a composite. A one-component composite looks like a simple element.
Single = str | list[str]


class Repeats(list[Single]):
    """The repetitions of one element (syntax version 4)."""


Element = Single | Repeats


class Segment(NamedTuple):
    """One segment. `elements[0]` is the tag, so that numbers are those of the standard: element 1 comes after it."""

    offset: int
    elements: list[Element]
    text: str = ""  # as it stood, without line breaks and terminator, released characters still released

    @property
    def tag(self) -> str:
        first = self.elements[0]
        return first if isinstance(first, str) else str(first[0])

    def components(self, element_no: int) -> list[str]:
        """Return the components of an element; none where it is absent."""
        if element_no >= len(self.elements):
            return []
        element = self.elements[element_no]
        single = element[0] if isinstance(element, Repeats) else element
        return [single] if isinstance(single, str) else single

    def value(self, element_no: int, component_no: int = 1) -> str:
        """Return a component without blanks around it; empty where it is absent."""
        try:
            element = self.elements[element_no]
        except IndexError:
            return ""
        if element.__class__ is str:
            return element.strip() if component_no == 1 else ""
        components = self.components(element_no)
        return components[component_no - 1].strip() if component_no <= len(components) else ""
