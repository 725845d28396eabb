"""Every step of a session, and the one that it stands at."""

from __future__ import annotations

from .moments import Moment


class History:
    """Begins with step 0."""

    def __init__(self, first: Moment) -> None:
        self._moments = [first]
        self.at = 0

    @property
    def last(self) -> int:
        """The number of its last step."""
        return len(self._moments) - 1

    def moment(self, step: int) -> Moment:
        """Raises ValueError when the step does not exist."""
        if not 0 <= step <= self.last:
            raise ValueError(f"step {step} does not exist; the history has steps 0 to {self.last}")
        return self._moments[step]

    def add(self, moment: Moment) -> None:
        """A step after the last one, and stand there."""
        self._moments.append(moment)
        self.at = self.last

    def drop_later(self) -> None:
        """Forget the steps after the one that it stands at."""
        del self._moments[self.at + 1 :]
