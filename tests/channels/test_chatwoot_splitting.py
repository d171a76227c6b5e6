"""Splitting loses nothing, keeps the order and the limit, and does not break what is read as one."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.chatwoot.markdown import to_chatwoot
from channels.chatwoot.splitting import size, split
from tests.channels.chatwoot_renderers import RENDERERS

URL = "https://chat.example.com/rails/active_storage/blobs/eyJ_x--sig/manual.pdf?disposition=inline"
SENTENCES = st.lists(
    st.sampled_from(
        [
            "Apague el equipo.",
            "*Abra la tapa del XP400.*",
            "La sonda TD marca 50 kΩ.",
            URL,
            "`E4 P11`",
            "🚨🚨",
            "«ñandú»",
            "_a b c_",
        ]
    ),
    min_size=1,
    max_size=6,
).map(" ".join)
BLOCKS = st.one_of(
    SENTENCES,
    st.lists(SENTENCES, min_size=1, max_size=9).map(lambda lines: "\n".join(f"- {line}" for line in lines)),
    st.lists(SENTENCES, min_size=1, max_size=9).map(
        lambda lines: "\n".join(f"{n}. {x}" for n, x in enumerate(lines, 1))
    ),
)
REPLIES = st.lists(BLOCKS, min_size=1, max_size=8).map("\n\n".join)


def shown(text: str) -> str:
    return re.sub(r"[\s*_`\u2060\u00a0]+", "", RENDERERS[-1](text))


@settings(deadline=None)
@given(reply=REPLIES, limit=st.integers(min_value=120, max_value=1100))
def test_nothing_is_lost_and_every_piece_fits(reply: str, limit: int) -> None:
    text = to_chatwoot(reply)
    pieces = split(text, limit)
    assert all(0 < size(piece) <= limit for piece in pieces)
    assert "".join(shown(piece) for piece in pieces) == shown(text)
    assert sum(piece.count(URL) for piece in pieces) == text.count(URL)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=600), st.integers(min_value=20, max_value=90))
def test_any_text_at_all(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(size(piece) <= limit for piece in pieces)
    kept = re.sub(r"[\s*`_\\]+", "", "".join(pieces))
    assert kept == re.sub(r"[\s*`_\\]+", "", text)


def test_a_step_stays_whole_and_its_title_with_it() -> None:
    steps = "\n".join(f"{n}.\u00a0{'Mida la sonda. ' * 6}" for n in range(1, 6))
    first, *_ = split(f"{'Hola. ' * 55}\n\n**Cómo medir**\n{steps}", 400)
    assert "Cómo medir" not in first
    pieces = split(f"{'Hola. ' * 55}\n\n**Cómo medir**\n{steps}", 400)
    assert sum(len(re.findall(r"(?m)^\d\.\u00a0", piece)) for piece in pieces) == 5
    assert all(piece.startswith(("Hola", "**Cómo", *"12345")) for piece in pieces)


def test_bold_that_is_cut_goes_on() -> None:
    pieces = split("**" + "agua " * 40 + "fin**", 90)
    assert len(pieces) > 2
    assert all(piece.startswith("**") and piece.endswith("**") for piece in pieces)


def test_a_very_long_word_is_cut_in_no_time() -> None:
    assert "".join(split("x" * 100_000, 4096)) == "x" * 100_000
