"""Fits how certain the offline brain may be, and measures it on turns that the fit did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from agents.brains.cascade.certainty import Certainty, Curve
from agents.brains.cascade.signals import Decision, Kind

TARGET = 0.983
"""The precision that the threshold is chosen for: a little above what is promised (98 %)."""
_FOLDS = 10
_REPEATS = 3
_STRENGTH = 0.3
"""Inverse strength of the ridge: few turns are wrong, so the weights are kept small."""
_LEAST_SHARE = 0.2
"""A threshold that leaves fewer turns than this is noise."""
_NEVER_WRONG = 0.99
"""What is assumed of a kind of decision that was never seen to be wrong, or never seen."""

Truth = NDArray[np.bool_]
Chances = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One turn that was judged: what the offline brain decided, and whether the reply was right.

    ``routed`` says whether the right specialists answered; None where nothing was expected of that.
    """

    decisions: tuple[Decision, ...]
    right: bool
    routed: bool | None = None


def fit(examples: Sequence[Example]) -> dict[Kind, Curve]:
    """One curve for each kind of decision: how likely the turn is right, given the signals."""
    return {kind: _curve(*_samples(examples, kind)) for kind in Kind}


def _samples(examples: Sequence[Example], kind: Kind) -> tuple[list[Mapping[str, float]], list[bool]]:
    signals, right = [], []
    for example in examples:
        label = example.routed if kind is Kind.DOCUMENTS else example.right
        for decision in example.decisions:
            if decision.kind is kind and decision.signals is not None and label is not None:
                signals.append(decision.signals)
                right.append(label)
    return signals, right


def _curve(signals: Sequence[Mapping[str, float]], right: Sequence[bool]) -> Curve:
    if len(set(right)) < 2:
        return Curve(float(np.log(_NEVER_WRONG / (1 - _NEVER_WRONG))), {})
    names = sorted({name for given in signals for name in given})
    table = np.array([[given.get(name, 0.0) for name in names] for given in signals])
    scaler = StandardScaler().fit(table)
    model = LogisticRegression(C=_STRENGTH, max_iter=1000).fit(scaler.transform(table), np.array(right))
    weights = model.coef_[0] / scaler.scale_
    bias = float(model.intercept_[0] - weights @ scaler.mean_)
    return Curve(bias, {name: float(weight) for name, weight in zip(names, weights, strict=True)})


def chances(curves: Mapping[Kind, Curve], examples: Sequence[Example]) -> Chances:
    """How likely each example is right: the least certain of its decisions says so."""
    certainty = Certainty(0.0, curves)
    return np.array([min((certainty.of(d) for d in example.decisions), default=1.0) for example in examples])


def held_out(examples: Sequence[Example], seed: int, repeats: int = _REPEATS) -> Chances:
    """How likely each example is right, by fits that did not see it."""
    total = np.zeros(len(examples))
    for repeat in range(repeats):
        for seen, unseen in folds(examples, seed + repeat):
            total[unseen] += chances(fit(seen), [examples[at] for at in unseen])
    return total / repeats


def folds(examples: Sequence[Example], seed: int) -> list[tuple[list[Example], list[int]]]:
    """What a fit may see, and the positions that it may not, fold by fold."""
    split = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    truth = truths(examples)
    return [
        ([examples[at] for at in seen], [int(at) for at in unseen])
        for seen, unseen in split.split(np.zeros(len(examples)), truth)
    ]


def truths(examples: Sequence[Example]) -> Truth:
    """Which examples were right."""
    return np.array([example.right for example in examples])


def threshold(found: Chances, right: Truth, target: float = TARGET) -> float:
    """The lowest chance from which on at least ``target`` of the examples are right."""
    order = np.argsort(-found, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    least = int(_LEAST_SHARE * len(order))
    good = np.nonzero(precision[least:] >= target)[0]
    last = least + (int(good[-1]) if len(good) else int(np.argmax(precision[least:])))
    return float(found[order][last])


@dataclass(frozen=True, slots=True)
class Kept:
    """What is answered without a model: how many of how many, and how many of them wrongly."""

    answered: int
    total: int
    wrong: int

    @property
    def share(self) -> float:
        return self.answered / self.total if self.total else 0.0

    @property
    def precision(self) -> float:
        return 1 - self.wrong / self.answered if self.answered else 1.0


def kept(found: Chances, right: Truth, least: float) -> Kept:
    """What a threshold of ``least`` answers without a model."""
    sure = found >= least
    return Kept(int(sure.sum()), len(right), int((sure & ~right).sum()))


def nested(examples: Sequence[Example], seed: int = 0) -> Kept:
    """The honest figure: fit and threshold both chosen without the fold that they are measured on."""
    right = truths(examples)
    sure = np.zeros(len(examples), dtype=bool)
    for seen, unseen in folds(examples, seed):
        least = threshold(held_out(seen, seed, 1), truths(seen))
        sure[unseen] = chances(fit(seen), [examples[at] for at in unseen]) >= least
    return Kept(int(sure.sum()), len(right), int((sure & ~right).sum()))


def curve(found: Chances, right: Truth, shares: Sequence[float]) -> list[tuple[float, float]]:
    """(share answered without a model, precision on it) for each of ``shares``."""
    order = np.argsort(-found, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    return [(share, float(precision[max(int(share * len(order)) - 1, 0)])) for share in shares]
