"""Exception for invalid user input."""


class InputError(ValueError):
    """Error for an unusable file or value from the user; its one-line message has four parts.

    Args:
        where: file, option or class that contains the value.
        field: the wrong key, column or setting.
        problem: the value with its unit, and the limit that it violates.
        hint: how to correct the value.
    """

    def __init__(self, where, field: str, problem: str, hint: str):
        self.where, self.field, self.problem, self.hint = str(where), field, problem, hint
        super().__init__(f"{where}: {field}: {problem}; {hint}")

    def __reduce__(self):
        """Pickle the error as its four parts, so that it passes unchanged between processes."""
        return type(self), (self.where, self.field, self.problem, self.hint)
