"""The segment as read: where it began, its text, and its elements once somebody asks for them."""

from typing import Protocol

from orderwire.connectors.edi.syntax import ServiceString

#: A simple element, or the components of a composite. A one-component composite looks like a simple element.
Single = str | list[str]


class Repeats(list[Single]):
    """The repetitions of one element (syntax version 4)."""


Element = Single | Repeats


class Segment:
    """One segment. `elements[0]` is the tag, so that numbers are those of the standard: element 1 comes after it.

    `text` is the segment as it stood, without line breaks and terminator, released characters still released.
    """

    __slots__ = ("_elements", "offset", "tag", "text")

    def __init__(self, offset: int, elements: list[Element], text: str = "") -> None:
        self.offset = offset
        self.text = text
        self._elements: list[Element] | None = elements
        self.tag = tag_of(elements)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Segment) and (self.offset, self.elements) == (other.offset, other.elements)

    def __hash__(self) -> int:
        return hash((self.offset, self.text))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.offset}, {self.elements})"

    @property
    def service(self) -> ServiceString | None:
        """What separated it in a file; None: it was made of elements."""
        return None

    def reread(self, _codec: str) -> "Segment":
        """Return the segment as it reads in another codec than Latin-1."""
        return self

    @property
    def elements(self) -> list[Element]:
        return self._elements or []

    def __len__(self) -> int:
        """Count the elements, and the tag with them."""
        return len(self.elements)

    def components(self, element_no: int) -> list[str]:
        """Return the components of an element; none where it is absent."""
        elements = self._elements or self.elements
        if element_no >= len(elements):
            return []
        element = elements[element_no]
        single = element[0] if isinstance(element, Repeats) else element
        return [single] if isinstance(single, str) else single

    def value(self, element_no: int, component_no: int = 1) -> str:
        """Return a component without blanks around it; empty where it is absent."""
        elements = self._elements or self.elements
        if element_no >= len(elements):
            return ""
        element = elements[element_no]
        if isinstance(element, str):
            return element.strip() if component_no == 1 else ""
        components = self.components(element_no)
        return components[component_no - 1].strip() if component_no <= len(components) else ""

    def parts(self, element_no: int, count: int) -> list[str]:
        """Return so many components of an element, each as `value` does."""
        components = [part.strip() for part in self.components(element_no)[:count]]
        return components if len(components) == count else components + [""] * (count - len(components))


class UnreadSegment(Segment):
    """A segment whose text is split when an element is asked for: of most, nobody asks.

    `value` and `parts` split one element alone.
    """

    __slots__ = ("_plain", "_separators")

    def __init__(self, offset: int, tag: str, text: str, separators: "Splitting") -> None:
        self.offset = offset
        self.tag = tag
        self.text = text
        self._separators = separators
        self._elements = None
        self._plain: list[str] | None = None

    @property
    def service(self) -> ServiceString | None:
        return self._separators.service

    def reread(self, codec: str) -> Segment:
        text = self.text.encode("latin-1").decode(codec, "replace")
        return UnreadSegment(self.offset, self.tag, text, self._separators)

    @property
    def elements(self) -> list[Element]:
        if self._elements is None:
            self._elements = self._separators.elements(self.text)
        return self._elements

    def __len__(self) -> int:
        return len(self._plain or self.elements)

    def value(self, element_no: int, component_no: int = 1) -> str:
        plain = self._plain or self._split()
        if plain is None:
            return super().value(element_no, component_no)
        if element_no >= len(plain):
            return ""
        components = plain[element_no].split(self._separators.component, component_no)
        return components[component_no - 1].strip() if component_no <= len(components) else ""

    def parts(self, element_no: int, count: int) -> list[str]:
        plain = self._plain or self._split()
        if plain is None:
            return super().parts(element_no, count)
        if element_no >= len(plain):
            return [""] * count
        element = plain[element_no]
        components = element.split(self._separators.component, count)[:count]
        if " " in element or not element.isprintable():
            components = [part.strip() for part in components]
        return components if len(components) == count else components + [""] * (count - len(components))

    def _split(self) -> list[str] | None:
        if self._elements is None:
            self._plain = self._separators.plain(self.text)
        return self._plain


class Splitting(Protocol):
    """Splits the text of a segment."""

    service: ServiceString
    component: str

    def plain(self, text: str) -> list[str] | None:
        """Return the elements as they stand; None: they are to be read with care, by `elements`."""
        ...

    def elements(self, text: str) -> list[Element]: ...


def tag_of(elements: list[Element]) -> str:
    """Return the first component of the first element, without blanks around it."""
    first = elements[0]
    return (first if isinstance(first, str) else str(first[0])).strip()
