"""Figure that notebooks show as a picture; this module needs matplotlib."""

from io import BytesIO

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """Matplotlib figure that a notebook shows without pyplot and without a chosen backend."""

    def _repr_png_(self) -> bytes:
        """Return the figure as PNG; IPython calls this method of the last value of a cell."""
        target = BytesIO()
        self.savefig(target, format="png")
        return target.getvalue()
