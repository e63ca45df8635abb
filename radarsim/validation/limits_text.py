"""Meaning of the limits of the checks, for `--help` and report.html."""

LIMITS = """Correlation and SSIM compare the heatmaps of capture and simulation (1: equal). Errors
are RMS differences of the power centroids and of the Doppler envelope over time. The limits were
calibrated on twelve simulated activities at three noise levels: 98 % of the simulations of the same
motion stay within a limit although the body is 3 cm off and turned by 5 degrees, and noise and lobe
width differ. A metric that more than half of the simulations of other motions reach too has no
limit and is only reported."""
