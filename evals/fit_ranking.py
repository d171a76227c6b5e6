"""``python -m evals.fit_ranking``: fit ``answering/ranking.yaml`` to the known answers, and say how well it does.

The order of candidates is fitted by the likelihood of any right one being first, with a penalty on large weights.
Whether the best one answers at all is a logistic regression; its examples are the best candidates of questions that
nothing answers, and of the others as they are and with every right candidate hidden. Both are judged on questions left
out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from agents.brains.offline.answering.features import READER, names
from agents.brains.offline.answering.ranking import MOST_AHEAD, Ranking, write_ranking
from bench.abstaining_sets import read_libraries
from evals.answer_examples import Example, collect
from evals.known_answers import load_known

PENALTY = 0.1
STRENGTH = 0.006
FOLDS = 8
HIDDEN_WEIGHT = 0.1
"""An answer hidden by us is worth less than a question that nobody can answer: its neighbours often say the same."""
WRONG_COST = 0.89
"""What a wrong answer costs when a right one is worth 1. People ask what is written more often than the known questions
do, a fourth of which nothing answers though it sounds as if something did."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """An example in numbers, a row for each candidate: ``rows`` of what orders, ``evidence`` of what makes sure."""

    question: int
    rows: Floats
    evidence: Floats
    passages: NDArray[np.int64]
    right: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Best:
    """The best candidate of a look: its evidence and standing, whether it is right, and how much it counts."""

    question: int
    row: Floats
    right: bool
    weight: float


def order(tables: Sequence[Table], spread: Floats) -> Floats:
    """Weights under which right candidates come first in ``tables``; ``spread`` is that of each feature."""
    known = [(t.rows / spread, t.right) for t in tables if t.right.any()]

    def loss(weights: Floats) -> tuple[float, Floats]:
        total, slope = 0.0, np.zeros_like(weights)
        for rows, right in known:
            odds = rows @ weights
            parts = np.exp(odds - odds.max())
            parts /= parts.sum()
            won = parts[right].sum() + 1e-12
            total -= np.log(won)
            slope -= rows.T @ (np.where(right, parts / won, 0.0) - parts)
        return float(total / len(known) + PENALTY * weights @ weights), slope / len(known) + 2 * PENALTY * weights

    found = minimize(loss, np.zeros(len(spread)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return np.asarray(found.x) / spread


def bests(tables: Sequence[Table], weights: Floats) -> list[Best]:
    """The best candidate of each look as it is, and with what is right hidden."""
    out = []
    for table in tables:
        scores = table.rows @ weights
        out.append(_best(table, scores, np.ones(len(scores), dtype=bool), 1.0))
        if table.right.any() and not table.right.all():
            out.append(_best(table, scores, ~table.right, HIDDEN_WEIGHT))
    return out


def _best(table: Table, scores: Floats, seen: NDArray[np.bool_], weight: float) -> Best:
    """The best of the candidates ``seen``: its evidence, its score, and by how much it is ahead of other passages."""
    at = int(np.where(seen, scores, -np.inf).argmax())
    others = scores[seen & (table.passages != table.passages[at])]
    ahead = min(scores[at] - others.max(), MOST_AHEAD) if len(others) else MOST_AHEAD
    return Best(table.question, np.append(table.evidence[at], [scores[at], ahead]), bool(table.right[at]), weight)


def sureness(examples: Sequence[Best], spread: Floats) -> tuple[Floats, float]:
    """Weights and start of the logistic regression of being right."""
    rows = np.array([best.row for best in examples]) / spread
    model = LogisticRegression(C=STRENGTH, max_iter=1000)
    model.fit(rows, [best.right for best in examples], sample_weight=[best.weight for best in examples])
    return np.asarray(model.coef_[0] / spread), float(model.intercept_[0])


def threshold(cost: float = WRONG_COST) -> float:
    """The confidence from which answering is worth more than it risks."""
    return cost / (1 + cost)


def _spread(rows: Floats) -> Floats:
    return np.asarray(rows.std(axis=0) + 1e-6) * np.where(rows.std(axis=0) < 0.02, 50.0, 1.0)


def _fold(question: int) -> int:
    return (question * 2654435761 >> 8) % FOLDS


def fitted(tables: Sequence[Table]) -> tuple[Floats, Floats, float]:
    """Order, sureness and start, fitted to ``tables``."""
    weights = order(tables, _spread(np.vstack([t.rows for t in tables])))
    examples = bests(tables, weights)
    sure, start = sureness(examples, _spread(np.array([best.row for best in examples])))
    return weights, sure, start


def _each_question(flags: Sequence[tuple[int, bool]]) -> float:
    """The share of questions that came right in any of their looks."""
    out: dict[int, bool] = {}
    for question, flag in flags:
        out[question] = out.get(question, False) or flag
    return sum(out.values()) / len(out)


def left_out(tables: Sequence[Table]) -> tuple[float, list[tuple[float, bool, float]]]:
    """On questions left out: the share whose best candidate is right, and every confidence with what it came to."""
    first: list[tuple[int, bool]] = []
    told: list[tuple[float, bool, float]] = []
    for fold in range(FOLDS):
        weights, sure, start = fitted([t for t in tables if _fold(t.question) != fold])
        tested = [t for t in tables if _fold(t.question) == fold]
        first += [(t.question, bool(t.right[(t.rows @ weights).argmax()])) for t in tested if t.right.any()]
        told += [(float(1 / (1 + np.exp(-(start + b.row @ sure)))), b.right, b.weight) for b in bests(tested, weights)]
    return _each_question(first), told


def fit(examples: Sequence[Example], say: Callable[[str], None] = print) -> tuple[Ranking, str]:
    """The ranking that ``examples`` teach, and how well rankings fitted to others did on each of them."""
    columns = list(names(features for example in examples for features in example.features))
    telling = [n for n in names(e for example in examples for e in example.evidence) if READER not in n]
    tables = [
        Table(
            example.question,
            _numbers(example.features, columns),
            _numbers(example.evidence, telling),
            np.array(example.passages),
            example.right,
        )
        for example in examples
    ]
    first, told = left_out(tables)
    least = threshold()
    real = [(p, right) for p, right, weight in told if weight == 1.0]
    answered = [right for p, right in real if p >= least]
    figures = (
        f"On questions left out: the right candidate first {first:.1%} of {len({t.question for t in tables})};"
        f" answered {len(answered)} of {len(real)} looks, {np.mean(answered):.1%} of them right."
    )
    say(figures)
    weights, sure, start = fitted(tables)
    ranking = Ranking(
        dict(zip(columns, map(float, weights), strict=True)),
        dict(zip([*telling, "score", "ahead"], map(float, sure), strict=True)),
        start,
        least,
    )
    return ranking, figures


def _numbers(described: Sequence[Mapping[str, float]], columns: Sequence[str]) -> Floats:
    return np.array([[features.get(name, 0.0) for name in columns] for features in described])


def main(
    home: Annotated[Path, typer.Option(help="A home of the demo company; further documents are left in it.")],
    shared: Annotated[
        Path | None, typer.Option(help="Folder that holds data/, for questions to other documents.")
    ] = None,
    write: Annotated[bool, typer.Option(help="Write ranking.yaml.")] = True,
) -> None:
    """Fit the ranking of answers. The company's own questions count twice: further documents are of other kinds."""
    examples = asyncio.run(collect(home, list(read_libraries(shared, half=0)) if shared else []))
    known = len(load_known())
    own = [example for example in examples if example.question < known]
    ranking, figures = fit([*examples, *own])
    if write:
        write_ranking(ranking, figures)


if __name__ == "__main__":
    typer.run(main)
