"""Why texts came back untranslated, and what may be done about it."""

from typing import Literal

REFUSED: Literal["refused"] = "refused"
UNAVAILABLE: Literal["unavailable"] = "unavailable"
HOPELESS: Literal["hopeless"] = "hopeless"
_LONGEST_REASON = 300


class TranslationError(Exception):
    """A request for translations that failed.

    Parameters
    ----------
    reason : str
        What happened, for a person; put on one line and cut if it is long.
    kind : {"refused", "unavailable", "hopeless"}
        "refused": the service works but not on these texts, another might pass;
        "unavailable": no text would pass now; "hopeless": nor would any later.
    transient : bool, default=False
        Whether the same request may succeed a moment later.
    retry_after : float, default=None
        The seconds to wait that the service asked for.
    """

    def __init__(
        self,
        reason: str,
        kind: Literal["refused", "unavailable", "hopeless"],
        *,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(" ".join(reason.split())[:_LONGEST_REASON])
        self.kind = kind
        self.transient = transient
        self.retry_after = retry_after
