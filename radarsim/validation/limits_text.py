"""Text that explains the acceptance limits, for `--help` and for report.html."""

LIMITS = """Correlation and SSIM compare the heatmaps of capture and simulation (1: equal). Errors
are RMS differences of the power centroids and of the Doppler envelope over time. The limits were
calibrated on twelve simulated activities at three noise levels: 98 % of the simulations of the same
motion stay within a limit even if the body is displaced by 3 cm and turned by 5 degrees and noise
and lobe width differ. If more than half of the simulations of other motions also satisfy the limit
of a metric, this metric has no limit and is only reported."""
