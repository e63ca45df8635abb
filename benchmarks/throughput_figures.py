"""Figures of the results of benchmarks.throughput; requires matplotlib (extra `viz`)."""

from pathlib import Path

LABELS = {
    "body_to_if": "accurate",
    "body_to_if_unculled": "accurate, no face dropped",
    "body_to_if_fast": "fast",
    "body_to_if_fast_unculled": "fast, no face dropped",
    "numpy_direct": "NumPy direct sum",
    "loop": "loop over chirps and pairs",
    "loop_torch": "the same loop in torch",
    "jax_direct": "direct sum in JAX, float32",
    "motion_to_heatmaps": "motion to heatmaps",
}
GROWTH = {
    "frames": "frames",
    "faces": "faces of the body",
    "antennas": "antenna pairs (32 loops)",
    "samples": "samples per chirp",
}
MATPLOTLIB_MISSING = "{} needs matplotlib, which is not installed: pip install 'radarsim[viz]'"


def matplotlib_available() -> bool:
    """Whether matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def write_figures(result: dict, folder: Path) -> list[Path]:
    """Write a figure of speeds and, if they were measured, figures of errors and growth.

    Args:
        result: results of benchmarks.throughput.
        folder: output folder; created if missing.

    Returns:
        Paths of the written files.
    """
    from matplotlib import rc_context

    folder.mkdir(parents=True, exist_ok=True)
    figures = {"speed": speed_figure}
    if None not in result["error_db"]["accurate"].values():
        figures["error"] = error_figure
    if result.get("growth"):
        figures["growth"] = growth_figure
    paths = []
    with rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        for name, figure_of in figures.items():
            paths.append(folder / f"throughput_{name}.png")
            figure_of(result).savefig(paths[-1], dpi=130, bbox_inches="tight")
    return paths


def speed_figure(result: dict):
    """Seconds per frame of every method, on a logarithmic axis."""
    from matplotlib.figure import Figure

    spent = {name: result["seconds_per_frame"][name] for name in LABELS}
    spent = {name: value for name, value in spent.items() if value}
    names = sorted(spent, key=lambda name: spent[name]["median"])
    figure = Figure(figsize=(6.5, 0.35 * len(names) + 1.2))
    axes = figure.subplots()
    for row, name in enumerate(names):
        run = spent[name]
        axes.plot([run["least"], run["most"]], [row, row], color="tab:orange", lw=3)
        axes.plot(run["median"], row, "o", color="0.2")
        axes.text(run["most"] * 1.3, row, f"{run['median']:.3g} s", va="center", fontsize=8)
    axes.set_xscale("log")
    axes.set_xlim(right=axes.get_xlim()[1] * 4)
    axes.set_yticks(range(len(names)), [LABELS[name] for name in names])
    axes.invert_yaxis()
    axes.grid(axis="x", color="0.9")
    axes.set_axisbelow(True)
    axes.set_xlabel("seconds per frame (dot: median; line: minimum to maximum)")
    axes.set_title(_machine_title(result), loc="left", fontsize=8)
    return figure


def error_figure(result: dict):
    """Error of both modes versus range."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.2))
    axes = figure.subplots()
    for method, marker in (("accurate", "o"), ("fast", "s")):
        found = result["error_db"][method]
        ranges_m = [float(name) for name in found]
        axes.plot(ranges_m, list(found.values()), marker=marker, label=method)
    axes.set_xlabel("range [m]")
    axes.set_ylabel("error against float64 [dB]")
    axes.legend(frameon=False)
    axes.set_title(_machine_title(result), loc="left", fontsize=8)
    return figure


def growth_figure(result: dict):
    """Four panels: run time versus frames (with the fitted line), faces, antennas and samples."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5.6), layout="constrained")
    for axes, (name, label) in zip(figure.subplots(2, 2).flat, GROWTH.items(), strict=True):
        series = result["growth"][name]
        spread = [
            [abs(end - middle) for end, middle in zip(series[key], series["median_s"], strict=True)]
            for key in ("least_s", "most_s")
        ]
        axes.errorbar(series["sizes"], series["median_s"], spread, marker="o", capsize=3, lw=1)
        if "line" in series:
            _draw_fitted_line(axes, series)
        axes.set_xlabel(label)
        frames = "" if name == "frames" else f" of {series['frames_per_run'][0]} frames"
        axes.set_ylabel(f"seconds per run{frames}")
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
    figure.suptitle(_machine_title(result), fontsize=8)
    return figure


def _draw_fitted_line(axes, series) -> None:
    """Draw the line fitted to run time versus frames, and state its slope and R^2."""
    fit, ends = series["line"], (0, max(series["sizes"]))
    level = [fit["intercept_s"] + fit["slope_s"] * end for end in ends]
    axes.plot(ends, level, ls="--", color="0.5", lw=1)
    text = f"{1e3 * fit['slope_s']:.0f} ms per frame, $R^2$ = {fit['r_squared']:.4f}"
    axes.text(0.05, 0.9, text, transform=axes.transAxes)


def _machine_title(result: dict) -> str:
    """Figure title with processor, number of cores and commit."""
    machine = result["machine"]
    return f"{machine['processor']}, {machine['cores']} cores; commit {result['commit']}"
