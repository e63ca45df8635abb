"""Text table of the results of benchmarks.throughput."""

ROWS = {
    "body_to_if": "body to IF cube, accurate",
    "body_to_if_unculled": "  no face dropped",
    "body_to_if_fast": "body to IF cube, fast",
    "body_to_if_fast_unculled": "  no face dropped",
    "motion_to_heatmaps": "motion to heatmaps",
    "peer_points": "128 points to IF cube",
    "jax_direct": "direct sum in JAX, float32 *",
    "numpy_direct": "NumPy direct sum, complex128 *",
    "loop": "loop over chirps and pairs, complex128 *",
    "loop_torch": "the same loop in torch *",
}


def table(result: dict) -> str:
    """Format one run as text: machine, settings, speeds, ratios and optional measurements."""
    return "\n".join(
        [*_head(result), "", *_speeds(result), "", *_ratios(result), "", *_parts(result)]
    )


def _head(result: dict) -> list[str]:
    setup, machine = result["settings"], result["machine"]
    near_m, far_m = setup["range_span_m"]
    return [
        f"{machine['device']}, {machine['processor']}, {machine['cores']} cores; "
        f"commit {result['commit']}",
        f"{setup['radar']}: {setup['loops']} loops x {setup['tx']} tx x {setup['rx']} rx x "
        f"{setup['samples']} samples; {setup['frames']} frames, {setup['rounds']} rounds",
        f"free body walking at {setup['range_m']:g} m ({near_m:.1f} to {far_m:.1f}), sigma "
        f"{setup['sigma_rad']:g} rad, {setup['faces']:,} faces, {setup['visible_faces']:,} "
        f"visible, {setup['visibility_blocks']} visibility block(s) per burst",
    ]


def _speeds(result: dict) -> list[str]:
    lines = [f"{'':40s}{'frames/s':>10s}{'s/frame':>10s}{'least':>10s}{'most':>10s}  error"]
    for name, label in ROWS.items():
        run = result["seconds_per_frame"][name]
        if run is None:
            lines.append(f"{label:40s}{'not measured':>20s}")
            continue
        seconds = "".join(f"{run[key]:10.3g}" for key in ("median", "least", "most"))
        error = result["checks"][name]["error_db"]
        lines.append(f"{label:40s}{1 / run['median']:10.3g}{seconds}  {error:.3g} dB")
    count = result["settings"]["slow_methods_from_loops"]
    lines.append(
        f"* timed on {count} of {result['settings']['loops']} loops, scaled to one frame. "
        "Errors are relative to the float64 oracle; for heatmaps, the largest error of a pixel."
    )
    return lines


def _ratios(result: dict) -> list[str]:
    return [
        f"accurate is {result['ratio_vs_loop_culled']:,.0f} times as fast as the loop over chirps "
        f"and pairs, {result['ratio_vs_loop_unculled']:,.0f} times with no face dropped, and "
        f"{result['ratio_vs_numpy_direct']:,.0f} times as fast as the NumPy sum",
    ]


def _parts(result: dict) -> list[str]:
    lines = []
    for method, found in result["error_db"].items():
        errors = (f"{_number(value, 'dB')} at {range_m} m" for range_m, value in found.items())
        lines.append(f"error, {method}: {', '.join(errors)}")
    memory = result["peak_mb_above_baseline"]
    peaks = (f"{_number(value, 'MB')} for {length}" for length, value in memory.items())
    lines.append(f"peak memory above imports: {', '.join(peaks)}")
    if result["growth"]:
        fit = result["growth"]["frames"]["line"]
        lines.append(
            f"time against frames: {1e3 * fit['slope_s']:.0f} ms per frame, R^2 = "
            f"{fit['r_squared']:.4f}, largest residual "
            f"{100 * fit['largest_relative_residual']:.0f} %"
        )
    if result["gradients"]:
        ratio = result["gradients"]["backward_over_forward"]
        lines.append(f"gradient: {ratio:.1f} times the forward pass (benchmarks.gradients)")
    lines.append(f"on a GPU: {result['device'].get('summary', result['device'].get('gpu'))}")
    return lines


def _number(value, unit: str) -> str:
    return "not measured" if value is None else f"{value:.1f} {unit}"
