"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("core", "policy", "db", "ingest", "tools", "agents", "graph", "channels", "api")
ROOT_FILES = {"server.py", "worker.py"}
FROZEN = ROOT / "db" / "migrations" / "versions"
LAZY_IMPORTS = (
    "alembic",
    "matplotlib",
    "faker",
    "ingest.loading",
    "ingest.service_embedder",
    "sklearn",
    "scipy",
    "agents.brains.llm",
)
"""Heavy, and not needed by a start that draws, seeds, reads and trains nothing."""


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if FROZEN not in path.parents:
                yield path


PANEL = "panel"
"""Installed apart (the extra ``panel``) and started by Streamlit, so it is no package of ours, but kept like one."""
HOUSE = [*sources(*PACKAGES, PANEL), *(ROOT / name for name in sorted(ROOT_FILES) if (ROOT / name).exists())]
EVERYTHING = [*HOUSE, *sources("evals", "bench", "tests")]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_root_holds_composition_roots_only() -> None:
    assert {path.name for path in ROOT.glob("*.py")} <= ROOT_FILES


@pytest.mark.parametrize("package", [*PACKAGES, PANEL])
def test_packages_with_generic_names_are_ours(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve() == ROOT / package / "__init__.py"
    assert module.__doc__, "each package says what it guarantees and what it must never import"


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_files_are_small_and_named_for_what_they_hold(path: Path) -> None:
    limit = 800 if path.is_relative_to(ROOT / "tests") else 400
    assert len(path.read_text(encoding="utf-8").splitlines()) <= limit
    assert path.stem not in {"utils", "util", "helpers", "misc", "common"}


@pytest.mark.parametrize("path", HOUSE, ids=name)
def test_functions_fit_a_screen(path: Path) -> None:
    long = [f.name for f in functions(tree(path)) if (f.end_lineno or f.lineno) - f.lineno > 60]
    assert long == []


@pytest.mark.parametrize("path", HOUSE, ids=name)
def test_nothing_is_built_at_import(path: Path) -> None:
    """Module level holds definitions and constants: no call that opens, reads, connects or configures."""
    forbidden = {
        "open",
        "create_engine",
        "load_settings",
        "Settings",
        "FastAPI",
        "read_text",
        "safe_load",
        "getenv",
        "connect",
    }
    found = []
    for statement in tree(path).body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                callee = node.func
                called = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
                if called in forbidden:
                    found.append(f"{called}:{node.lineno}")
    assert found == []


@pytest.mark.parametrize("path", HOUSE, ids=name)
def test_only_settings_reads_the_environment(path: Path) -> None:
    if path == ROOT / "core" / "settings.py":
        return
    text = path.read_text(encoding="utf-8")
    assert "os.environ" not in text and "os.getenv" not in text
    if path != ROOT / PANEL / "settings.py":  # it has settings of its own, since it knows none of ours
        assert "BaseSettings" not in text


@pytest.mark.parametrize("path", HOUSE, ids=name)
def test_now_comes_from_the_clock(path: Path) -> None:
    if path == ROOT / "core" / "clock.py":
        return
    calls = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"datetime.now", "datetime.utcnow", "date.today"}
    ]
    assert calls == []


@pytest.mark.parametrize("path", HOUSE, ids=name)
def test_imports_stand_at_the_top(path: Path) -> None:
    late = []
    for function in functions(tree(path)):
        for node in ast.walk(function):
            if isinstance(node, ast.Import):
                late += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                late.append(node.module or "")
    late = [module for module in late if not module.startswith(LAZY_IMPORTS)]
    assert late == []


@pytest.mark.parametrize("path", HOUSE, ids=name)
def test_public_names_are_documented(path: Path) -> None:
    module = tree(path)
    missing = [] if ast.get_docstring(module) else ["module"]
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            enum_or_model = isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases)
            if not ast.get_docstring(node) and not enum_or_model:
                missing.append(node.name)
    assert missing == []


def test_locks_carry_hashes_and_no_addresses() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock", "requirements-panel.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text and "--index-url" not in text and "--find-links" not in text
