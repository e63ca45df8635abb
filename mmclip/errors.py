"""The error that the trainer's commands report for unusable input."""


class MmclipError(ValueError):
    """A file, store or setting that cannot be used; the message is one line.

    Args:
        where: the file, store or option that contains the value.
        field: the key, array or setting that is wrong.
        problem: the value found, and the limit that it violates.
        hint: how to correct the value.
    """

    def __init__(self, where, field: str, problem: str, hint: str):
        self.where, self.field, self.problem, self.hint = str(where), field, problem, hint
        super().__init__(f"{where}: {field}: {problem}; {hint}")

    def __reduce__(self):
        """Pickle the four parts, so that the error of a Dask worker arrives as it was raised."""
        return type(self), (self.where, self.field, self.problem, self.hint)
