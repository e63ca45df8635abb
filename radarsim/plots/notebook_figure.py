"""Figure that notebooks display as an image; this module requires matplotlib."""

from io import BytesIO

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """Matplotlib figure that a notebook displays without pyplot and without a selected backend."""

    def _repr_png_(self) -> bytes:
        """Return the figure as PNG; IPython calls this method to display the result of a cell."""
        target = BytesIO()
        self.savefig(target, format="png")
        return target.getvalue()
