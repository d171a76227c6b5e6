"""Draws the curve of a calibration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure


def draw_curve(figures: dict[str, Any], path: Path) -> None:
    """Write the curve of ``figures`` (see :mod:`evals.calibrate`) to ``path`` as a PNG."""
    figure = Figure(figsize=(6.4, 3.6), dpi=120, layout="constrained")
    axes = figure.subplots()
    shares, precisions = zip(*figures["curve"], strict=True)
    axes.plot([100 * share for share in shares], [100 * precision for precision in precisions], marker="o", ms=3)
    chosen = figures["held_out_folds"]
    axes.plot(100 * chosen["share"], 100 * chosen["precision"], "o", color="tab:red", label="threshold")
    axes.axhline(98, color="grey", lw=0.8, ls="--")
    axes.axvline(60, color="grey", lw=0.8, ls="--")
    axes.set_xlabel("answered without a call, % of the turns of the eval set")
    axes.set_ylabel("right of those, %")
    axes.legend()
    figure.savefig(path)
