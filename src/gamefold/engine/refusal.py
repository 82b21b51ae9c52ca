"""A refusal: the rules said no, and the world is as it was."""


class Rejected(Exception):
    """Raised by a rule, before its first change. `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str = "", **details: object) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code
        self.details = details
