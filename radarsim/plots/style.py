"""Style of all figures: fonts, lines, resolution and colour maps."""

COLOURS = "inferno"  # Perceptually uniform colour map for levels, in which noise is dark.
SPEED_COLOURS = "coolwarm"  # Receding is red, approaching is blue, and zero is light grey.
DPI = 130
STYLE = {
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "font.family": "DejaVu Sans",
}
