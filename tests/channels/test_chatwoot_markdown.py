"""What is posted reads the same through every renderer of Chatwoot, and loses no word."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.chatwoot.escaping import literal
from channels.chatwoot.liquid import without_liquid
from channels.chatwoot.markdown import to_chatwoot
from tests.channels.chatwoot_renderers import RENDERERS, liquid_is_inert

_WORD = re.compile(r"\w+")
_PIECES = [
    *"*_`~#>-+=[]()!<&;:{}%|\\\n. \"'/",
    *(
        "  ",
        "\n\n",
        "\n- ",
        "\n1. ",
        "\n> ",
        "**",
        "```",
        "{{",
        "{%",
        "}}",
        "&amp;",
        "<b>",
        "---",
        "](",
        "[x]: ",
        "1) ",
    ),
    *("caldera", "XP400", "ñ", "2026", "sí", "a_b", "🚨"),
]
TEXTS = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)


def flat(text: str) -> str:
    return re.sub(r"[\s\u2060\u00a0]+", "", text)


def words(text: str) -> list[str]:
    return _WORD.findall(text.replace("_", " "))


@pytest.mark.parametrize("show", RENDERERS)
@given(text=TEXTS)
def test_plain_text_is_shown_as_it_is(show: Callable[[str], str], text: str) -> None:
    posted = without_liquid(literal(text))
    assert liquid_is_inert(posted)
    assert flat(show(posted)) == flat(text)


@pytest.mark.parametrize("show", RENDERERS)
@given(text=TEXTS)
def test_what_is_rewritten_once_stays(show: Callable[[str], str], text: str) -> None:
    """Rendered or written again, the words are the same and in the same order."""
    posted = to_chatwoot(text)
    assert words(show(posted)) == words(show(to_chatwoot(posted)))
    assert words(show(posted)) == words(posted.replace("\\", " "))


@pytest.mark.parametrize(
    ("reply", "posted"),
    [
        ("*Llama al 112* y _espera_", "**Llama al 112** y _espera_"),
        ("**Llama al 112**", "**Llama al 112**"),
        ("# Cómo limpiar *los* filtros", "**Cómo limpiar los filtros**"),
        ("Pasos:\n1. Apague\n2. Abra", "Pasos:\n1.\u00a0Apague\n2.\u00a0Abra"),
        ("3. Cierre\n4. Pruebe", "3.\u00a0Cierre\n4.\u00a0Pruebe"),
        ("- *Modelo*: XP400\n- otro", "- **Modelo**: XP400\n- otro"),
        ("* uno\n* dos\n    * dentro", "- uno\n- dos\n◦ dentro"),
        ("mira [el manual](https://x.es/m_a_n.pdf)", "mira el manual: https://x.es/m_a_n.pdf"),
        ("<https://x.es/a>", "https://x.es/a"),
        (
            "| zona | visitas | media |\n|---|---|---|\n| Norte | 3 | 1,5 |\n| Sur | 4 | |",
            "**zona**\n- **Norte** · visitas: 3 · media: 1,5\n- **Sur** · visitas: 4",
        ),
        ("> dicho\n> así", "«dicho\nasí»"),
        ("```\nls\n```", "`ls`"),
        ("*dos\nlíneas*", "**dos**\n**líneas**"),
        ("2 * 3 * 4 y a_b_c", "2 \\* 3 \\* 4 y a_b_c"),
        ("uno\n\ndos\ntres", "uno\n\ndos\ntres"),
        ("***todo***", "**todo**"),
        ("<script>", "\\<script>"),
    ],
)
def test_one_way_to_say_it(reply: str, posted: str) -> None:
    assert to_chatwoot(reply) == posted


@pytest.mark.parametrize("show", RENDERERS)
def test_steps_keep_their_numbers_and_bold_is_bold(show: Callable[[str], str]) -> None:
    shown = show(to_chatwoot("🚨 *Si huele a gas, sal ya.*\n1. No enciendas luces.\n2. Sal y llama al *112*.\n\nVoy."))
    assert re.sub("\n+", "\n", shown.replace("\u00a0", " ")) == (
        "🚨 *Si huele a gas, sal ya.*\n1. No enciendas luces.\n2. Sal y llama al *112*.\nVoy."
    )
