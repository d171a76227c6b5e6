"""``streamlit run panel/app.py``: turns, questions to answer, contracts, visits, dead letters, health."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from panel.house import House, HouseError
from panel.settings import PanelSettings

OUTCOMES = {
    "answered": "respondido",
    "asked": "preguntó algo",
    "written": "anotado",
    "unanswered": "no se supo",
    "handed_over": "a una persona",
    "denied": "denegado",
    "failed": "falló",
}
COLOURS = {
    "answered": "#2f6f8f",
    "asked": "#7fb0c4",
    "written": "#4b8b6b",
    "unanswered": "#d9a441",
    "handed_over": "#8c7aa9",
    "denied": "#9a9a9a",
    "failed": "#b8433c",
}
ROLES = {"client": "cliente", "technician": "técnico", "admin": "administración", "guest": "invitado"}
SERVICES = {
    "warranty": "garantía",
    "extended_warranty": "garantía ampliada",
    "preventive_maintenance": "mantenimiento preventivo",
    "full_maintenance": "mantenimiento integral",
}
CONTRACTS = {
    "ends_on": "vence",
    "client": "cliente",
    "service_type": "servicio",
    "annual_price": "€ al año",
    "auto_renew": "se renueva",
}
VISITS = {"technician": "técnico", "open": "abiertas", "pressing": "urgentes"}
PARTS = {
    "database": "base de datos",
    "migrations": "esquema",
    "index": "documentos",
    "queue": "cola",
    "server": "servidor",
}


def sign_in(house: House) -> None:
    """The form; the page begins anew once somebody signed in."""
    st.title("Panel de Cuadrilla")
    with st.form("entrar", width=420):
        email = st.text_input("Correo")
        password = st.text_input("Contraseña", type="password")
        sent = st.form_submit_button("Entrar")
    if sent:
        try:
            house.sign_in(email.strip(), password)
            house.summary(1, 1)
        except HouseError as error:
            st.error(str(error))
            return
        st.session_state.house = house
        st.rerun()


def headline(summary: Mapping[str, Any], ready: Mapping[str, str]) -> None:
    """The figures that somebody looks at every morning."""
    figures, turns = summary["figures"], summary["turns"]
    total = sum(one["turns"] for one in turns)
    solved = sum(one["turns"] for one in turns if one["outcome"] in {"answered", "asked", "written"})
    boxes = st.columns(6)
    boxes[0].metric("Turnos", total)
    boxes[1].metric("Resueltos sin persona", f"{100 * solved / total:.0f} %" if total else "—")
    boxes[2].metric("Preguntas por responder", int(figures["unanswered_questions"]))
    boxes[3].metric("Mensajes en espera", int(figures["inbox_waiting"]))
    boxes[4].metric("Cartas muertas", int(figures["dead_letters"]))
    boxes[5].metric("Emergencias abiertas", int(figures["pages_open"]))
    failed = [PARTS.get(name, name) for name, state in ready.items() if state != "ok"]
    if failed:
        st.error(f"Falla: {', '.join(failed)}")
    elif figures["queue_oldest_seconds"] > 120:
        st.warning(f"La cola lleva {figures['queue_oldest_seconds']:.0f} s de retraso: ¿hay trabajadores en marcha?")


def turns(rows: Sequence[Mapping[str, Any]]) -> None:
    """Turns by day, and by who asked and what became of it."""
    if not rows:
        st.info("Todavía no hay turnos en estos días.")
        return
    table = pd.DataFrame(rows)
    table["resultado"] = table["outcome"].map(OUTCOMES)
    table["quién"] = table["role"].map(ROLES).fillna("—")
    left, right = st.columns([3, 2])
    days = table.pivot_table(index="day", columns="resultado", values="turns", aggfunc="sum", fill_value=0)
    colours: list[Any] = [COLOURS[outcome] for outcome in OUTCOMES if OUTCOMES[outcome] in days.columns]
    days = days[[OUTCOMES[outcome] for outcome in OUTCOMES if OUTCOMES[outcome] in days.columns]]
    left.bar_chart(days, height=280, x_label="", y_label="turnos", color=colours)
    right.dataframe(table.pivot_table(index="quién", columns="resultado", values="turns", aggfunc="sum", fill_value=0))


def questions(house: House) -> None:
    """What nobody knew, the most asked first, each with a box for its answer."""
    found = house.questions()
    if not found:
        st.success("No hay preguntas por responder.")
    for one in found:
        asked = "1 persona" if one["askers"] == 1 else f"{one['askers']} personas"
        with st.expander(f"{one['question']}  ·  {asked}  ·  {ROLES.get(one['user_type'], one['user_type'])}"):
            text = st.text_area("Respuesta", key=f"texto-{one['feedback_id']}", height=100)
            send, draft, aside = st.columns([2, 2, 6])
            number = one["feedback_id"]
            if send.button("Responder y avisar", key=f"si-{number}", type="primary") and text.strip():
                _do(lambda n=number, t=text: house.answer(n, t, approve=True), "Respondida: se avisa a quien preguntó.")
            if draft.button("Guardar borrador", key=f"b-{number}") and text.strip():
                _do(lambda n=number, t=text: house.answer(n, t, approve=False), "Guardada sin publicar.")
            if aside.button("Descartar", key=f"no-{number}"):
                _do(lambda n=number: house.dismiss(n), "Descartada.")


def _do(what: Any, done: str) -> None:
    try:
        what()
    except HouseError as error:
        st.error(str(error))
        return
    st.toast(done)
    st.rerun()


def company(summary: Mapping[str, Any]) -> None:
    """Contracts that end and visits that are open."""
    left, right = st.columns([3, 2])
    left.subheader("Contratos que vencen")
    contracts = pd.DataFrame(summary["expiring"], columns=list(CONTRACTS))
    contracts["service_type"] = contracts["service_type"].map(SERVICES)
    contracts["annual_price"] = pd.to_numeric(contracts["annual_price"])
    left.dataframe(
        contracts.rename(columns=CONTRACTS),
        hide_index=True,
        column_config={"€ al año": st.column_config.NumberColumn(format="%.2f")},
    )
    right.subheader("Intervenciones abiertas")
    visits = pd.DataFrame(summary["visits"], columns=list(VISITS))
    visits["technician"] = visits["technician"].replace("", "sin asignar")
    right.dataframe(visits.rename(columns=VISITS), hide_index=True)


def letters(summary: Mapping[str, Any]) -> None:
    """Replies that were given up, and how to try them again."""
    if not summary["dead_letters"]:
        st.success("No hay respuestas abandonadas.")
        return
    table = pd.DataFrame(summary["dead_letters"])
    st.dataframe(table, hide_index=True)
    st.caption("Para reintentarlas: python -m channels.dead_letters retry")


def main() -> None:
    """The page."""
    st.set_page_config(page_title="Cuadrilla", page_icon="🛠️", layout="wide")
    house: House | None = st.session_state.get("house")
    if house is None:
        sign_in(House(PanelSettings().server.rstrip("/")))
        return
    bar = st.columns([5, 2, 2, 1], vertical_alignment="bottom")
    bar[0].title("Cuadrilla")
    days = bar[1].selectbox("Turnos de los últimos", [7, 14, 30, 90], index=1, format_func=lambda n: f"{n} días")
    ahead = bar[2].selectbox("Contratos de los próximos", [30, 45, 90], index=1, format_func=lambda n: f"{n} días")
    if bar[3].button("Salir"):
        del st.session_state["house"]
        st.rerun()
    try:
        summary = house.summary(days, ahead)
        headline(summary, house.ready())
        first, second, third, fourth = st.tabs(["Turnos", "Preguntas sin respuesta", "Empresa", "Cartas muertas"])
        with first:
            turns(summary["turns"])
        with second:
            questions(house)
        with third:
            company(summary)
        with fourth:
            letters(summary)
    except HouseError as error:
        if error.status in {401, 403}:
            del st.session_state["house"]
        st.error(str(error))


main()
