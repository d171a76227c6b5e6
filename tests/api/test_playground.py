"""A person types into the LangServe playground, in a real browser."""

from __future__ import annotations

import shutil

import pytest
from playwright.async_api import async_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser_path() -> str:
    """A Chromium of this machine; the suite runs without one, this test does not."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


async def test_the_playground_answers(address: str, browser_path: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        page = await browser.new_page()
        await page.goto(f"{address}/agent/playground/")
        await page.locator("[id='#/properties/message-input']").fill("¿Cuándo vence mi garantía?")
        await page.locator("[id='#/properties/sender-input']").fill("+34600000001")
        await page.get_by_role("button", name="Start").click()
        await page.get_by_text("sql_reader").first.wait_for()
        shown = await page.inner_text("body")
        await browser.close()
    assert "XP400" in shown
    assert '"role": "client"' in shown
