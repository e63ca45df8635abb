"""The one error a user sees when something handed to us cannot be used."""


class InputError(ValueError):
    """A file or value from the user that cannot be used, told in one line.

    Args:
        where: the file, option or field path that holds the value.
        field: the key, column or setting that is wrong.
        problem: the value found (with its unit) and the limit it breaks.
        hint: what to do next.
    """

    def __init__(self, where, field: str, problem: str, hint: str):
        self.where, self.field, self.problem, self.hint = str(where), field, problem, hint
        super().__init__(f"{where}: {field}: {problem}; {hint}")

    def __reduce__(self):
        """Pickled by its four parts, so that it crosses process borders unchanged."""
        return type(self), (self.where, self.field, self.problem, self.hint)
