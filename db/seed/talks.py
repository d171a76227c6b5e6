"""Past conversations and the questions that nobody could answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.text import tokens
from db.seed.world import Row, World, read

CLIENT_TALKS, TECHNICIAN_TALKS = 130, 26
AUTHORS = {"c": "customer", "b": "bot", "p": "colleague"}


def add_talks(world: World) -> None:
    """Fill conversations, their messages, unknown questions and who asked them."""
    words = read("talks")
    machines: dict[int, list[Row]] = {}
    for machine in world.table("installed_equipment"):
        machines.setdefault(machine["client_id"], []).append(machine)
    named = [1, 1, 2, 2, 3, 4, 4, 5]
    clients = [c["client_id"] for c in world.table("clients")]
    for number in range(CLIENT_TALKS):
        known = number < len(named)
        client = named[number] if known else world.pick(clients[5:])
        _client_talk(world, words["client"], client, machines[client], about_machine=known)
    technicians = [t["technician_id"] for t in world.table("technicians")]
    for number in range(TECHNICIAN_TALKS):
        owner = 1 if number < 3 else world.pick(technicians)
        _talk(world, world.pick(words["technician"]), "technician", technician_id=owner)
    for talk in words["admin"] * 2:
        _talk(world, talk, "admin", user_id=1)
    for talk in words["guest"] * 3:
        _talk(world, talk, "guest")
    for question in words["feedback"]:
        _question(world, *question)


def _client_talk(world: World, talks: list[Row], client: int, machines: list[Row], *, about_machine: bool) -> None:
    products = world.table("products")
    by_category = {products[m["product_id"] - 1]["category"]: m for m in machines}
    fitting = [t for t in talks if t["category"] in by_category or (t["category"] is None and not about_machine)]
    talk = world.pick(fitting)
    machine = by_category.get(talk["category"])
    _talk(world, talk, "client", machine, client_id=client)


def _talk(world: World, talk: Row, role: str, machine: Row | None = None, **owner: int) -> Row:
    number = len(world.table("chat_sessions")) + 1
    days = world.random.randint(0, 6) if number % 6 == 0 else world.random.randint(1, 330)
    start = world.earlier_today(0.3) if days == 0 else world.at(world.today - timedelta(days=days), number % 12 + 8, 7)
    values: dict[str, Any] = {}
    if machine is not None:
        sku = world.table("products")[machine["product_id"] - 1]["sku"]
        values = {"sku": sku, "location": machine["location"]}
    written = _messages(world, number, talk["messages"], values, start)
    return world.add(
        "chat_sessions",
        session_id=number,
        conversation_id=f"demo-seed-{number}",
        channel="whatsapp",
        user_type=role,
        client_id=owner.get("client_id"),
        technician_id=owner.get("technician_id"),
        user_id=owner.get("user_id"),
        equipment_id=machine["equipment_id"] if machine else None,
        subject=talk["subject"].format(**values),
        status=talk.get("ends", "closed"),
        started_at=start,
        last_message_at=written,
    )


def _messages(
    world: World, session: int, messages: list[list[str]], values: dict[str, Any], start: datetime
) -> datetime:
    moment = start
    for author, body in messages:
        world.add(
            "chat_messages",
            session_id=session,
            author=AUTHORS[author],
            body=body.format(**values),
            created_at=min(moment, world.now),
        )
        last = moment
        moment += timedelta(seconds=world.random.randint(4, 9) if author == "c" else world.random.randint(30, 240))
    return min(last, world.now)


def _question(
    world: World, question: str, role: str, status: str, reason: str, days: int | str, answer: str | None, askers: int
) -> None:
    number = len(world.table("knowledge_feedback")) + 1
    asked = _this_week(world, number) if days == "week" else world.now - timedelta(days=int(days), hours=number % 5)
    later = asked + (world.now - asked) / 4
    language = "en" if question.startswith("Do ") else "es"
    world.add(
        "knowledge_feedback",
        feedback_id=number,
        question=question,
        normalized=" ".join(token.folded for token in tokens(question)),
        answer=answer,
        user_type=role,
        language=language,
        status=status,
        reason=reason,
        searched={},
        asked_at=asked,
        answered_at=later if answer else None,
        answered_by=1 + number % 2 if answer else None,
        resolved_at=later + timedelta(minutes=2) if status == "resolved" else None,
    )
    if answer:
        _version(world, number, answer, role, language, later, approved=status == "resolved")
    sessions = [s["session_id"] for s in world.table("chat_sessions") if s["user_type"] == role]
    for session in world.random.sample(sessions, min(askers, len(sessions))):
        world.add(
            "knowledge_askers",
            feedback_id=number,
            session_id=session,
            asked_at=asked + timedelta(minutes=session % 3),
            notified_at=later + timedelta(minutes=2) if status == "resolved" else None,
            question=question,
            language=language,
            state="told" if status == "resolved" else "waiting",
        )


def _version(world: World, number: int, answer: str, role: str, language: str, at: datetime, *, approved: bool) -> None:
    """What the office wrote; what was approved is put in the library when that is there."""
    author = world.table("users")[number % 2]
    world.add(
        "knowledge_answers",
        feedback_id=number,
        version=1,
        text=answer,
        language=language,
        audience="public" if role == "guest" else role,
        author=author["name"],
        author_id=author["user_id"],
        source="rest",
        created_at=at,
        approved_at=at + timedelta(minutes=1) if approved else None,
        approved_by=author["name"] if approved else None,
    )


def _this_week(world: World, number: int) -> datetime:
    monday = world.at(world.today - timedelta(days=world.today.weekday()), 0)
    return monday + (world.now - monday) * (0.3 + 0.6 * (number % 7) / 7)
