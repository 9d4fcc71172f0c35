"""pyas2lib, loaded when it is first needed, and so that it knows every OpenSSL."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, Final

#: How oscrypto 1.3.0 looks for OpenSSL's version, and how it would have to: 3.0.10 has two digits in its last place.
_ONE_DIGIT: Final = r"\b(\d\.\d\.\d[a-z]*)\b"
_ANY: Final = r"\b(\d\.\d\.\d+[a-z]*)\b"


@cache
def library(name: str) -> Any:
    """Return a module of pyas2lib or of what it stands on; none of them has types."""
    with _versions_read():
        module = import_module(name)
    logging.getLogger("pyas2lib").disabled = True  # it logs stack traces of whatever strangers send
    return module


@contextmanager
def _versions_read() -> Iterator[None]:
    real = re.search

    def search(pattern: Any, string: Any, flags: Any = 0) -> Any:
        return real(_ANY if pattern == _ONE_DIGIT else pattern, string, flags)

    re.search = search
    try:
        yield
    finally:
        re.search = real
