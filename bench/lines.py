"""What is measured of the application: each line with the reader who is there, and the endpoints it needs."""

from __future__ import annotations

from dataclasses import dataclass

from lms.permissions import Role

SIGN_IN, TRAIL_WRITE = "sign-in", "trail write: a good catch"
SAVE, SITTING = "attempt: save an answer", "attempt: start to result"
HOME, MODULE_PAGE, MATRIX, METRICS = "home", "module page", "matrix", "metrics page"


@dataclass(frozen=True, slots=True)
class Line:
    """A page or a save, by the names that the application gives its endpoints."""

    name: str
    role: Role
    #: All of them must be there. Of a page it is one: the page.
    endpoints: tuple[str, ...]
    is_page: bool = True

    @property
    def endpoint(self) -> str:
        """The page, or the first address of the save."""
        return self.endpoints[0]


LINES = (
    Line(SIGN_IN, Role.OPERATOR, ("identity.sign_in",), is_page=False),
    Line(HOME, Role.OPERATOR, ("web.today",)),
    Line(MODULE_PAGE, Role.OPERATOR, ("study.page",)),
    Line(SAVE, Role.OPERATOR, ("attempts.answer", "attempts.question", "attempts.start"), is_page=False),
    Line(SITTING, Role.OPERATOR, ("attempts.start", "attempts.hand_in", "attempts.result"), is_page=False),
    Line(MATRIX, Role.TRAINER, ("matrix.index",)),
    Line(METRICS, Role.QA, ("behavior.index",)),
    Line(TRAIL_WRITE, Role.OPERATOR, ("reports.new",), is_page=False),
)
