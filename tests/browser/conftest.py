"""Chromium without a screen, and a page that remembers what went wrong on it."""

import os
import shutil
from collections.abc import Iterator

import pytest

FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """The system's Chromium; skipped where there is none, failed where the tests must not be skipped."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        if os.environ.get("NEOLAB_REQUIRE_BROWSER"):
            pytest.fail("no Chromium is installed, and NEOLAB_REQUIRE_BROWSER asks for one")
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


class Observed:
    """A page with its console errors, uncaught exceptions and requests."""

    def __init__(self, page):
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture
def observe(browser):
    """Open pages of a given size; all are closed at the end."""
    opened = []

    def open_page(width: int = 1280, height: int = 900) -> Observed:
        opened.append(browser.new_page(viewport={"width": width, "height": height}))
        return Observed(opened[-1])

    yield open_page
    for page in opened:
        page.close()
