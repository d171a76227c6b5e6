"""The chat page: who writes is shown and can be chosen, a conversation goes on, and only the demo has it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.async_api import async_playwright

from core.settings import Settings
from server import create_app
from tests.api.test_playground import QUIET
from tests.api.test_playground import browser_path as browser_path

WARRANTY = {"type": "human", "content": "¿Cuándo vence mi garantía?"}


def answered(http: httpx.Client, messages: list[dict[str, Any]], who: str = "") -> str:
    headers = {"cookie": f"demo_sender={who}"} if who else {}
    response = http.post("/chat/invoke", json={"input": {"messages": messages}}, headers=headers)
    assert response.status_code == 200, response.text
    return str(response.json()["output"])


def test_the_client_writes_until_another_is_chosen(http: httpx.Client) -> None:
    assert "garant" in answered(http, [WARRANTY])
    contracts = {"type": "human", "content": "¿Cuántos contratos vencen este mes?"}
    assert "contratos* (que vence" in answered(http, [contracts], "admin")


def test_a_chosen_sender_that_does_not_exist_is_nobody(http: httpx.Client) -> None:
    assert "garant" in answered(http, [WARRANTY], "root")


def test_what_a_client_sends_as_configuration_chooses_nothing(http: httpx.Client) -> None:
    config = {"configurable": {"sender": "+34600000003", "run": "x"}}
    help_ = {"type": "human", "content": "¿Cuántos contratos vencen este mes en total, de todos los clientes?"}
    response = http.post("/chat/invoke", json={"input": {"messages": [help_]}, "config": config})
    assert "lo tuyo" in response.json()["output"]


def test_the_conversation_goes_on_where_the_page_says(http: httpx.Client) -> None:
    leak = {"type": "human", "content": "Mi caldera pierde agua, ¿podéis venir?"}
    first = http.post("/chat/invoke", json={"input": {"messages": [leak]}}).json()
    said = {"type": "ai", "content": first["output"], "runId": first["metadata"]["run_id"]}
    no = {"type": "human", "content": "no"}
    assert "pendiente" not in answered(http, [leak, said, no])
    assert "No tengo nada pendiente" in answered(http, [no])


@pytest.mark.parametrize(
    "messages",
    [[], "hola", [{"type": "ai", "content": "hola"}], [{"type": "robot", "content": "x"}], [{"content": "x"}], [3]],
    ids=json.dumps,
)
def test_what_is_no_conversation_is_refused(http: httpx.Client, messages: Any) -> None:
    response = http.post("/chat/invoke", json={"input": {"messages": messages}})
    assert response.status_code == 422
    assert response.json()["code"] == "bad_input"


def test_choosing(http: httpx.Client) -> None:
    assert "Lucía Ferrer Abad (cliente)" in http.get("/chat/playground/").text
    chosen = http.get("/chat/as/technician", follow_redirects=False)
    assert chosen.status_code == 303
    assert "demo_sender=technician" in chosen.headers["set-cookie"]
    assert (
        "Javier Lahoz Gracia (técnico)"
        in http.get("/chat/playground/", headers={"cookie": "demo_sender=technician"}).text
    )
    assert http.get("/chat/as/root").status_code == 404


def test_only_the_demo_has_it(crew_settings: Settings) -> None:
    update = {"mode": "production", "api_key": "k" * 16}
    app = create_app(crew_settings.model_copy(update=update))
    assert not [route for route in app.routes if getattr(route, "path", "").startswith("/chat")]


async def test_a_person_chats_in_a_browser(address: str, browser_path: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        page = await browser.new_page()
        await page.goto(f"{address}/chat/playground/")
        await page.locator("#who a", has_text="técnico").click()
        await page.locator("#who strong", has_text="Javier").wait_for()
        box = page.get_by_placeholder("Send a message...")
        send = page.locator("button:has(svg)").last
        await box.fill("¿Qué significa el error E4 del XP400?")
        await send.click()
        await page.get_by_text("NV4-S050").first.wait_for()
        await box.fill("¿Y el E5?")
        await send.click()
        await page.get_by_text("E5").nth(1).wait_for()
        shown = await page.inner_text("body")
        await browser.close()
    assert "Escribes como Javier Lahoz Gracia (técnico)" in shown
    assert "Buscando en los manuales…" in shown
