"""Whatever the document, splitting loses nothing, keeps the order and bounds the size."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.blocks import Block, Heading, ListItem, Loaded, Paragraph, Table
from ingest.splitting import MAX_CHARS, WHOLE_CHARS, contextual, split

words = st.text(alphabet="abcdeñ áé.:", min_size=1, max_size=30).map(str.strip).filter(bool)
long_text = st.lists(words, min_size=1, max_size=120).map(" ".join)
headings = st.builds(Heading, st.integers(1, 4), words, st.none())
paragraphs = st.builds(Paragraph, long_text, st.integers(1, 9), st.booleans())
items = st.builds(ListItem, long_text, st.sampled_from(["-", "1.", "2."]), st.integers(1, 3), st.none())
tables = st.builds(
    Table, st.lists(st.tuples(words, words, words), min_size=2, max_size=40).map(tuple), st.one_of(st.just(""), words)
)
documents = st.lists(st.one_of(headings, paragraphs, items, tables), max_size=25).map(
    lambda blocks: Loaded(tuple(blocks), "text/plain")
)


def squeezed(text: str) -> str:
    return "".join(text.split())


def said(block: Block) -> list[str]:
    if isinstance(block, Table):
        return [block.caption, *block.lines()]
    if isinstance(block, ListItem):
        return [block.marker + block.text]
    return [] if isinstance(block, Heading) else [block.text]


@settings(max_examples=150, deadline=None)
@given(documents)
def test_nothing_is_lost_and_order_is_kept(document: Loaded) -> None:
    everything = squeezed("".join(chunk.content for chunk in split(document)))
    position = 0
    for text in (text for block in document.blocks for text in said(block)):
        at = everything.find(squeezed(text), position)
        assert at >= 0, text
        position = at + len(squeezed(text))


@settings(max_examples=150, deadline=None)
@given(documents)
def test_chunks_are_bounded_numbered_and_never_cross_a_heading(document: Loaded) -> None:
    chunks = split(document)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        assert chunk.content.strip()
        assert len(chunk.content) <= WHOLE_CHARS
        assert chunk.section == (chunk.heading_path[-1] if chunk.heading_path else None)


@settings(max_examples=100, deadline=None)
@given(st.lists(words, min_size=1, max_size=600).map(" ".join))
def test_a_long_paragraph_is_cut_without_losing_a_word(text: str) -> None:
    chunks = split(Loaded((Paragraph(text),), "text/plain"))
    assert " ".join(" ".join(chunk.content for chunk in chunks).split()) == " ".join(text.split())
    assert all(len(chunk.content) <= MAX_CHARS for chunk in chunks)


def test_steps_stay_with_what_introduces_them_and_with_their_warning() -> None:
    steps = [ListItem(f"Paso {n}: " + "gire la llave despacio. " * 5, f"{n}.") for n in range(1, 9)]
    blocks: list[Block] = [
        Heading(1, "Rellenar"),
        Paragraph("x" * 850),
        Paragraph("ADVERTENCIA: agua caliente.", notice=True),
        Paragraph("Haga lo siguiente:"),
        *steps,
    ]
    chunks = split(Loaded(tuple(blocks), "text/plain"))
    last = chunks[-1].content
    assert last.startswith("ADVERTENCIA: agua caliente.\nHaga lo siguiente:\n1. Paso 1")
    assert "8. Paso 8" in last


def test_a_table_is_whole_with_its_caption() -> None:
    rows = (("Código", "Causa"), *((f"E{n}", "Causa probable de la avería") for n in range(30)))
    (chunk,) = split(Loaded((Heading(1, "Códigos"), Table(rows, "Tabla 1. Códigos")), "text/plain"))
    assert chunk.content.startswith("Tabla 1. Códigos\nCódigo: E0 | Causa: ")
    assert chunk.content.count("\n") == 30


def test_a_huge_table_is_cut_by_rows_under_its_caption() -> None:
    rows = (("Código", "Causa"), *((f"E{n}", "Causa probable de la avería número tal") for n in range(200)))
    chunks = split(Loaded((Table(rows, "Tabla 1. Códigos"),), "text/plain"))
    assert len(chunks) > 3
    assert all(chunk.content.startswith("Tabla 1. Códigos\nCódigo: E") for chunk in chunks)
    assert sum(chunk.content.count("Código: E") for chunk in chunks) == 200


def test_the_heading_path_follows_the_levels() -> None:
    blocks = (
        Heading(1, "1. Uso"),
        Heading(2, "1.1 Frío"),
        Paragraph("a"),
        Heading(2, "1.2 Calor"),
        Paragraph("b"),
        Heading(1, "2. Garantía"),
        Paragraph("c", page=7),
    )
    chunks = split(Loaded(blocks, "text/plain"))
    assert [c.heading_path for c in chunks] == [("1. Uso", "1.1 Frío"), ("1. Uso", "1.2 Calor"), ("2. Garantía",)]
    assert chunks[2].page == 7
    assert contextual("Manual", chunks[0].heading_path, "a") == "Manual > 1. Uso > 1.1 Frío\na"


def test_the_document_title_is_no_section() -> None:
    blocks = (Heading(1, "Plan"), Heading(2, "Pasos"), Paragraph("a"))
    (chunk,) = split(Loaded(blocks, "text/markdown", title="Plan"))
    assert chunk.heading_path == ("Pasos",)
