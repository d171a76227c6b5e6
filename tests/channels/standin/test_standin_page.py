"""The page in a real browser: a person writes, a bot answers, a colleague takes over and hands back."""

from __future__ import annotations

import base64
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from channels.standin.demo import Cast, people
from channels.standin.model import Conversation
from channels.standin.standin import Standin
from db.seed import DEMO_ADMIN, DEMO_CLIENT, DEMO_TECHNICIAN
from tests.channels.houses import until

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DESK, TELEPHONE = ViewportSize(width=1280, height=860), ViewportSize(width=390, height=844)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
expect.set_options(timeout=60_000)  # a machine that is busy with other things is no failure of the page
CHOICES = {"items": [{"title": "Sí", "value": "si"}, {"title": "No", "value": "no"}]}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this machine; the suite runs without one, these tests do not."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def page(browser: Browser, standin: Standin) -> AsyncIterator[Page]:
    """The page of the demo's cast, on a desk."""
    people(standin, Cast.read())
    page = await browser.new_page(viewport=DESK)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    await page.goto(standin.world.base_url)
    yield page
    await page.close()
    assert broken == []


def latest(standin: Standin) -> Conversation:
    return list(standin.world.conversations.values())[-1]


async def write(page: Page, words: str) -> None:
    await page.get_by_label("Mensaje", exact=True).fill(words)
    await page.get_by_role("button", name="Enviar", exact=True).click()
    await expect(page.get_by_role("log", name="Chat").locator(".mine").last).to_contain_text(words[:4])


def test_the_cast_is_the_demo_company() -> None:
    assert {one["phone"] for one in Cast.read().people} >= {DEMO_CLIENT, DEMO_TECHNICIAN, DEMO_ADMIN}


async def test_a_conversation_on_a_desk(page: Page, standin: Standin, bot: httpx.AsyncClient) -> None:
    chat, thread = page.get_by_role("log", name="Chat"), page.get_by_role("log", name="Conversación en el panel")
    await page.get_by_role("button", name="Cliente").click()
    await write(page, "¿Cuándo vence mi garantía?")
    one = latest(standin)
    assert one.contact.phone_number == DEMO_CLIENT
    await bot.post(f"/conversations/{one.id}/messages", json={"content": "**XP400**: vence en febrero"})
    await expect(chat.locator("b")).to_have_text("XP400")
    asked = {"content": "¿Te pido visita?", "content_type": "input_select", "content_attributes": CHOICES}
    await bot.post(f"/conversations/{one.id}/messages", json=asked)
    await chat.get_by_role("button", name="Sí").click()
    await expect(chat.locator(".mine").last).to_contain_text("Sí")
    await expect(chat.locator(".choices")).to_have_count(0)
    assert one.messages[-1].content == "Sí" and one.messages[-1].kind == "incoming"
    await page.get_by_role("button", name="Tomar el control").click()
    await expect(page.locator("#status")).to_have_text("Atiende una persona")
    answer = page.get_by_label("Respuesta de la compañera")
    await answer.fill("Soy Ana, te llamo en un rato")
    await answer.press("Enter")
    await expect(chat).to_contain_text("Soy Ana")
    await page.get_by_text("Nota privada").click()
    await answer.fill("Cliente con contrato premium")
    await answer.press("Enter")
    await expect(thread).to_contain_text("premium")
    await expect(chat).not_to_contain_text("premium")
    sent: list[object] = []
    page.on("request", lambda request: sent.append(request.post_data_json) if "/details" in request.url else None)
    await page.get_by_label("Etiquetas").fill("vip, garantía")
    await page.get_by_label("Etiquetas").press("Tab")
    await page.get_by_label("Prioridad").select_option("high")
    await page.get_by_label("Equipo").select_option("Averías")
    await expect(thread).to_contain_text("Averías")
    assert await until(lambda: (one.labels, one.priority) == (["vip", "garantía"], "high"))
    assert one.team and sent == [{"labels": ["vip", " garantía"]}, {"priority": "high"}, {"team": one.team.id}]
    await page.get_by_role("button", name="Devolver al bot").click()
    await expect(page.locator("#status")).to_have_text("Atiende el bot")
    assert one.status == "pending" and one.assignee is None


async def test_files_places_and_a_day_that_goes_by(page: Page, standin: Standin, tmp_path: Path) -> None:
    chat = page.get_by_role("log", name="Chat")
    photo, sheet, voice = tmp_path / "placa.png", tmp_path / "contrato.pdf", tmp_path / "nota.ogg"
    for path in (photo, sheet, voice):
        path.write_bytes(PNG)
    inputs = page.locator("[data-file]")
    await inputs.nth(0).set_input_files(photo)
    await expect(chat.locator("img")).to_have_count(1)
    await inputs.nth(1).set_input_files(sheet)
    await expect(chat).to_contain_text("contrato.pdf")
    await inputs.nth(2).set_input_files(voice)
    await expect(chat.locator("audio")).to_have_count(1)
    await page.get_by_label("Adjuntar").click()
    await page.get_by_role("button", name="Ubicación").click()
    await expect(chat).to_contain_text("Calle Alfonso I")
    sent = ["image", "file", "audio", "location"]
    assert await until(lambda: [a.file_type for m in latest(standin).messages for a in m.attachments] == sent)
    await page.get_by_label("Adjuntar").click()
    await page.get_by_role("button", name="Que pase un día").click()
    await expect(page.locator("#assigned")).to_contain_text("24 h")


async def test_another_number_and_another_conversation(page: Page, standin: Standin) -> None:
    playing = page.locator("#playing")
    await expect(playing).not_to_be_empty()
    before = await playing.inner_text()
    await page.get_by_role("button", name="Otro número").click()
    await expect(playing).not_to_have_text(before)
    await write(page, "hola")
    first = latest(standin)
    assert first.contact.phone_number not in {one["phone"] for one in Cast.read().people}
    await page.get_by_role("button", name="Nueva").click()
    await expect(page.locator("#status")).to_have_text("Resuelta")
    await write(page, "otra cosa")
    await expect(page.get_by_text("Nueva conversación")).to_be_visible()
    assert latest(standin) is not first and first.status == "resolved"


async def test_on_a_telephone_there_is_one_thing_at_a_time(page: Page, standin: Standin) -> None:
    await page.set_viewport_size(TELEPHONE)
    await write(page, "hola")
    await expect(page.get_by_label("Panel de la compañera")).to_be_hidden()
    await page.get_by_role("tab", name="Compañera").click()
    await expect(page.get_by_label("Panel de la compañera")).to_be_visible()
    await expect(page.get_by_label("WhatsApp de quien escribe")).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_other_sites_may_not_write(standin: Standin) -> None:
    async with httpx.AsyncClient(base_url=standin.world.base_url, trust_env=False) as http:
        answer = await http.post("/page/people", headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


async def test_what_people_write_is_shown_as_text(page: Page, standin: Standin) -> None:
    await write(page, "<img src=x onerror=alert(1)> *esto* y 2*3*4")
    chat = page.get_by_role("log", name="Chat")
    await expect(chat.locator("b")).to_have_text(["esto"])
    assert await chat.locator("img").count() == 0


async def test_the_page_waits_for_our_server(page: Page, standin: Standin) -> None:
    address, waiting = standin.world.bot.outgoing_url, page.get_by_role("status")
    standin.connect("")
    await waiting.wait_for(state="visible")
    assert await waiting.is_visible()
    standin.connect(address)
    await waiting.wait_for(state="hidden")
    assert not await waiting.is_visible()
