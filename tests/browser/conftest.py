"""Chromium, without a screen and without a word to the outside; and a street to shop in."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from services.deployment import ROOT
from services.street import Street, opened

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--test-third-party-cookie-phaseout",  # third-party cookies are blocked
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one module: while it runs, nothing else in this thread may have an event loop."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no chromium")
        pytest.skip("there is no chromium")
    expect.set_options(timeout=30_000)  # a machine that is busy is no fault
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """Orderwire, NAV, shop and buyer for one module."""
    with opened(tmp_path_factory.mktemp("street")) as made:
        yield made


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where pictures are kept."""
    folder = ROOT / "build/screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
