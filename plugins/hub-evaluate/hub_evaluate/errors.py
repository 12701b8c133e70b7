"""Errors of evaluation."""

from __future__ import annotations

from collections.abc import Mapping

from hubcore.errors import HubError

__all__ = ["DataError", "EvaluationError", "UnknownClassesError"]

SHOWN = 10


class EvaluationError(HubError):
    """Nothing can be measured with this model, these weights or these options."""


class DataError(EvaluationError):
    """The data cannot be read: their layout is unknown, or a file of labels is wrong."""


class UnknownClassesError(DataError):
    """The data have classes that the weights do not have.

    Attributes:
        counts: the number of samples or objects of each such class.
    """

    def __init__(self, where: object, counts: Mapping[str, int]) -> None:
        self.where, self.counts = where, dict(counts)
        listed = ", ".join(f"'{name}' ({count})" for name, count in [*counts.items()][:SHOWN])
        more = f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
        classes = "1 class" if len(counts) == 1 else f"{len(counts)} classes"
        super().__init__(
            f"{where}: the weights do not have {classes} of these data, with "
            f"{sum(counts.values())} samples: {listed}{more}. To say what they are called there, "
            f"give --labels a CSV file with a line 'class,category' for each; 'class,-' leaves a "
            f"class out, and the report says so."
        )

    def __reduce__(self) -> tuple[type[UnknownClassesError], tuple[str, dict[str, int]]]:
        return type(self), (str(self.where), self.counts)
