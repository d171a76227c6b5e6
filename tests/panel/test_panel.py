"""The panel over the real server: an administrator sees and answers, and nobody else comes in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from panel.house import House, HouseError
from policy.roles import Role
from tests.api.v1.conftest import PHRASE, email

APP = Path(__file__).resolve().parents[2] / "panel" / "app.py"


def opened(monkeypatch: pytest.MonkeyPatch, address: str, role: Role, password: str = PHRASE) -> AppTest:
    monkeypatch.setenv("CUADRILLA_PANEL_SERVER", address)
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    page.text_input[0].set_value(email(role))
    page.text_input[1].set_value(password)
    return page.button[0].click().run()


@pytest.mark.parametrize(("role", "password"), [(Role.CLIENT, PHRASE), (Role.TECHNICIAN, PHRASE), (Role.ADMIN, "no")])
def test_nobody_else_comes_in(
    monkeypatch: pytest.MonkeyPatch, address: str, accounts: Mapping[Role, int], role: Role, password: str
) -> None:
    page = opened(monkeypatch, address, role, password)
    assert [one.value for one in page.error] and not page.metric


def test_an_administrator_sees_and_answers(
    monkeypatch: pytest.MonkeyPatch, address: str, accounts: Mapping[Role, int]
) -> None:
    page = opened(monkeypatch, address, Role.ADMIN)
    assert not page.exception and not page.error
    assert [one.label for one in page.metric][:3] == ["Turnos", "Resueltos sin persona", "Preguntas por responder"]
    waiting = int(page.metric[2].value)
    page.text_area[0].set_value("Sí: con el módulo wifi NV-Link, desde la app de Norvento.")
    page = next(one for one in page.button if one.label == "Responder y avisar").click().run()
    assert not page.exception and int(page.metric[2].value) == waiting - 1


def test_a_house_that_is_away_is_said() -> None:
    house = House("http://127.0.0.1:1")
    with pytest.raises(HouseError, match="no responde"):
        house.sign_in("x", "y")
    assert house.ready() == {"server": "failed"}
