"""Separators: how the text of a segment falls into elements and components."""

from typing import Final

from orderwire.connectors.edi.segment import Element, Repeats, Single
from orderwire.connectors.edi.syntax import ServiceString

#: Stand-ins for released characters while a segment is split. Lone surrogates: no codec yields them.
_RELEASE, _COMPONENT, _ELEMENT, _REPETITION = "\udc00", "\udc01", "\udc02", "\udc03"
#: Segments of the syntax version 4 service directory that repeat an element; the batch directories repeat none,
#: and there the repetition character is text.
_REPEATING: Final = frozenset({"USA", "USC", "USH", "USR"})


class Separators:
    """The service string and syntax version of an interchange, as its segments need them."""

    __slots__ = ("_marks", "_version", "component", "element", "service")

    def __init__(self, service: ServiceString, version: int) -> None:
        self.service = service
        self.element = service.element
        self.component = service.component
        self._version = version
        self._marks = service.release + (service.repetition if version > 3 else "")

    def plain(self, text: str) -> list[str] | None:
        """Return the elements as they stand; None: the text holds released characters, or may hold repetitions."""
        for mark in self._marks:
            if mark in text:
                return None
        return text.split(self.element)

    def elements(self, text: str) -> list[Element]:
        """Split a segment."""
        plain = self.plain(text)
        if plain is None:
            return self._careful(text)
        component = self.component
        return [each.split(component) if component in each else each for each in plain]

    def _careful(self, text: str) -> list[Element]:
        """Split a segment that holds release characters or may hold repetitions."""
        service = self.service
        if service.release and service.release in text:
            text = text.replace(service.release * 2, _RELEASE)
            for mark, stand_in in (
                (service.component, _COMPONENT),
                (service.element, _ELEMENT),
                (service.repetition, _REPETITION),
            ):
                if mark:
                    text = text.replace(service.release + mark, stand_in)
            # what is left is released without need (`?.`), or is the terminator: the character stands for itself
            text = text.replace(service.release, "")
        elements = text.split(service.element)
        repeating = self._version > 3 and service.repetition and elements[0][:3] in _REPEATING
        return [self._element(each, repeating=bool(repeating)) for each in elements]

    def _element(self, text: str, *, repeating: bool) -> Element:
        if repeating and self.service.repetition in text:
            return Repeats(self._single(each) for each in text.split(self.service.repetition))
        return self._single(text)

    def _single(self, text: str) -> Single:
        if self.service.component in text:
            return [self._literal(each) for each in text.split(self.service.component)]
        return self._literal(text)

    def _literal(self, text: str) -> str:
        if text.isascii():
            return text
        service = self.service
        return (
            text.replace(_RELEASE, service.release)
            .replace(_COMPONENT, service.component)
            .replace(_ELEMENT, service.element)
            .replace(_REPETITION, service.repetition)
        )
