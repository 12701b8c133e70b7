"""The gate: which licences and training data are allowed, and why weights are refused.

The rules are the setting ``licenses``. They are applied where the store is asked for the file of
weights (`RemoteFile.permit`), so they hold on every way in; weights that no store keeps are judged
where a model is built from them. Without the setting nothing is looked up.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from datetime import date

from .. import settings, spdx
from ..errors import LicenseError
from ..settings.licenses import REPOSITORY, LicensePolicy
from . import licenses
from .licenses import Evidence, Statement

__all__ = ["is_allowed", "refusal", "require_allowed"]

_NOT_STATED = frozenset({"not-stated"})


def require_allowed(name: str, evidence: Evidence) -> None:
    """Refuses weights that the user's rules do not allow.

    Args:
        name: the weights' canonical name.
        evidence: what is stated of them.

    Raises:
        LicenseError: a rule refuses them; the message says which, and how to allow them.
    """
    reason = refusal(name, evidence)
    if reason is not None:
        raise LicenseError(name, reason)


def is_allowed(name: str, evidence: Evidence) -> bool:
    """Whether the user's rules allow weights; True if there are no rules."""
    return refusal(name, evidence) is None


def refusal(name: str, evidence: Evidence) -> str | None:
    """Which rule refuses weights, and what of them; None if they are allowed.

    Args:
        name: the weights' canonical name.
        evidence: what is stated of them. The rules hold for what they were tuned from, too.
    """
    policy = settings.licenses()
    if policy is None:
        return None
    ended = ""
    for exception in policy.exceptions:
        if fnmatch.fnmatchcase(name.lower(), exception.weights.lower()):
            if exception.until is None or date.today() <= exception.until:
                return None
            ended = f". The exception for '{exception.weights}' ended on {exception.until}"
    reason = next(_refusals(evidence, policy), None)
    return None if reason is None else reason + ended


def _refusals(evidence: Evidence, policy: LicensePolicy, parent: str = "") -> Iterator[str]:
    of = f" of {parent}, which they were tuned from," if parent else ""
    what = f"the licence{of}" if parent else "the licence of the weights"
    yield from _judge(what, evidence.weights, "", policy.allow, policy.deny)
    if policy.data_allow is not None or policy.data_deny:
        terms = [(f"the data set {item.title}{of}", item.terms) for item in evidence.data]
        nothing = Statement(licenses.NOT_STATED)
        for what, statement in terms or [(f"the training data{of}", nothing)]:
            yield from _judge(what, statement, "data-", policy.data_allow, policy.data_deny)
    if evidence.parent is not None:
        yield from _refusals(evidence.parent.evidence, policy, evidence.parent.name)


def _judge(
    what: str,
    statement: Statement,
    prefix: str,
    allow: frozenset[str] | None,
    deny: frozenset[str],
) -> Iterator[str]:
    counts = statement.state != licenses.REPOSITORY or REPOSITORY in (allow or ())
    hit: set[str] = set()

    def not_denied(names: frozenset[str]) -> bool:
        denied = deny & (names if counts else names | _NOT_STATED)
        hit.update(denied)
        return not denied

    if deny and not _holds(statement, not_denied):
        yield f"{prefix}deny lists {', '.join(sorted(hit))}, and {what} is {_words(statement)}"
        return
    if allow is None:
        return
    judged = statement if counts else Statement(licenses.NOT_STATED)
    if not _holds(judged, lambda names: not allow.isdisjoint(names)):
        only = ", ".join(sorted(allow)) or "nothing"
        hint = "" if counts else "; 'repository' in the list makes such a licence count"
        yield f"{prefix}allow lists only {only}, and {what} is {_words(statement)}{hint}"


def _holds(statement: Statement, test: Callable[[frozenset[str]], bool]) -> bool:
    """Whether a statement passes a test, which is given the names that a list may have for it."""
    if statement.state == licenses.NOT_STATED:
        return test(_NOT_STATED)
    if statement.spdx is None:
        return test(frozenset({statement.kind or "other"}))

    def accepted(names: tuple[str, ...]) -> bool:
        kind = statement.kind or spdx.class_of(names[-1])
        return test(frozenset({kind, *(name.lower() for name in names)}))

    return spdx.holds(statement.spdx, accepted)


def _words(statement: Statement) -> str:
    if statement.state == licenses.NOT_STATED:
        return "not stated"
    if statement.state == licenses.REPOSITORY:
        return str(statement)
    simple = statement.spdx is not None and " " not in statement.spdx
    kind = statement.kind or (spdx.class_of(str(statement.spdx)) if simple else None)
    return f"{statement}, {kind}" if kind else str(statement)
