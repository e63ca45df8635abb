"""The page of plots that `python -m benchmarks.rcs` draws."""

from pathlib import Path

import numpy as np

from benchmarks.rcs_angles import Cut
from benchmarks.rcs_people import MEAN_3GPP_DBSM, SPREAD_3GPP_DB


def draw_page(cuts: list[Cut], found: dict | None, path: Path) -> None:
    """Draw the angle cuts of all shapes and, if computed, the levels of people.

    Args:
        cuts: results of `rcs_angles.angle_cut`.
        found: result of `rcs_people.people`; None: people were omitted.
        path: image file to write.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 3, figsize=(15, 8), layout="constrained")
    for panel, cut in zip(axes.ravel(), cuts):
        _draw_cut(panel, cut)
    if found:
        _draw_edges(axes[1, 1], found["edges"])
        _draw_people(axes[1, 2], found["levels_dbsm"])
    else:
        for panel in axes[1, 1:]:
            panel.set_axis_off()
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def _draw_cut(panel, cut: Cut) -> None:
    top_db = cut.theory_dbsm.max()
    panel.plot(cut.angles_deg, cut.theory_dbsm, color="0.6", linewidth=3, label=cut.theory)
    panel.plot(cut.angles_deg, cut.simulated_dbsm, "k", linewidth=0.8, label="simulated")
    constant = np.ptp(cut.theory_dbsm) < 1
    panel.set_ylim(*((top_db - 1, top_db + 1) if constant else (top_db - 55, top_db + 8)))
    panel.set(
        title=f"{cut.name.split(',')[0]}: lobes within {cut.worst_lobe_db:.3f} dB",
        xlabel="angle of incidence [degrees]",
        ylabel="RCS [dBsm]",
    )
    panel.legend(fontsize=8, loc="upper right")
    panel.grid(alpha=0.3)


def _draw_edges(panel, edges: list[dict]) -> None:
    levels_dbsm = [row["mean_dbsm"] for row in edges]
    panel.plot(range(len(edges)), levels_dbsm, "o-")
    panel.axhspan(
        levels_dbsm[-1] - 0.5,
        levels_dbsm[-1] + 0.5,
        color="0.5",
        alpha=0.15,
        label="0.5 dB around the finest mesh",
    )
    labels = [row["edges"].replace(", ", "\n") for row in edges]
    panel.set_xticks(range(len(edges)), labels, fontsize=8)
    panel.set_ylim(levels_dbsm[-1] - 1.5, levels_dbsm[-1] + 1.5)
    panel.margins(x=0.15)
    panel.set(title="standing metal body at 3 m, by edge length", ylabel="mean RCS [dBsm]")
    panel.legend(fontsize=8)
    panel.grid(alpha=0.3)


def _draw_people(panel, levels_dbsm: dict[str, list[float]]) -> None:
    levels_dbsm = dict(reversed(levels_dbsm.items()))  # draw the first group at the top
    panel.boxplot(list(levels_dbsm.values()), orientation="horizontal", whis=(0, 100))
    labels = [name.replace(", ", "\n") for name in levels_dbsm]
    panel.set_yticks(range(1, len(labels) + 1), labels, fontsize=8)
    panel.axvline(MEAN_3GPP_DBSM, color="tab:red", label="mean of 3GPP TR 38.901")
    panel.axvspan(
        MEAN_3GPP_DBSM - SPREAD_3GPP_DB,
        MEAN_3GPP_DBSM + SPREAD_3GPP_DB,
        color="tab:red",
        alpha=0.12,
        label="its spread",
    )
    panel.set(title="bare skin, not calibrated, over yaw", xlabel="RCS, sweep average [dBsm]")
    panel.set_ylim(0.5, len(labels) + 1.5)  # the legend is in the free row at the top
    panel.legend(fontsize=8, loc="upper center", ncols=2)
    panel.grid(alpha=0.3)
