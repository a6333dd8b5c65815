"""The one error of the set-up: what is wrong, and what to do next."""


class SetupError(Exception):
    """Stops the set-up. `problem` is a sentence about what was found, `remedy` about the next
    step.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}\n  → {self.remedy}"
