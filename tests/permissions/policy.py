"""What an IAM policy allows, as AWS documents its evaluation; whatever is not known here is a loud error.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Elements: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal

from tests.permissions.conditions import Condition, Context, read_conditions
from tests.permissions.patterns import PolicyUnreadable, arn_matches, check_arn_pattern, like, texts

_ELEMENTS = {
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
}
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_PRINCIPAL = re.compile(r"AWS (\*|arn:aws:iam::\d{12}:role/.+)|Service [a-z0-9.-]+\.amazonaws\.com")


class Decision(StrEnum):
    """What comes of a request: an explicit deny wins, and what nothing allows is denied implicitly."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call as IAM sees it; `resource` is `*` for actions that know no resources.

    `context` has the values of condition keys: a text, or a tuple of texts for a key of many values. `principal` is who
    calls, as (kind, name): `("Service", "events.amazonaws.com")`; policies of roles do not ask for it.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    principal: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy. Of `actions`, `resources` and `principals` each may stand for all others (`Not…`)."""

    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[tuple[str, str], ...] | None
    conditions: tuple[Condition, ...]
    all_but: frozenset[str]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Statement":
        """The statement of its JSON document. Raises PolicyUnreadable for whatever is malformed or not known here."""
        if unknown := document.keys() - _ELEMENTS:
            raise PolicyUnreadable(f"unknown elements {sorted(unknown)} in {document}")
        if document.get("Effect") not in ("Allow", "Deny"):
            raise PolicyUnreadable(f"Effect is {document.get('Effect')!r}")
        return cls(
            sid=document.get("Sid", ""),
            effect=document["Effect"],
            actions=_patterns(document, "Action"),
            resources=_resources(document),
            principals=_principals(document),
            conditions=read_conditions(document.get("Condition", {})),
            all_but=frozenset(name for name in document if name.startswith("Not")),
        )

    def applies_to(self, request: Request) -> bool:
        """Whether every element of the statement fits the request."""
        return (
            self.names(request.action)
            and self.covers(request.resource)
            and self._is_for(request.principal)
            and all(condition.holds(request.context) for condition in self.conditions)
        )

    def names(self, action: str) -> bool:
        """Whether the statement is about an action; upper and lower case are the same."""
        return _any_like(self.actions, action) is not ("NotAction" in self.all_but)

    def covers(self, resource: str) -> bool:
        """Whether the statement is about a resource."""
        found = any(resource_matches(pattern, resource) for pattern in self.resources)
        return found is not ("NotResource" in self.all_but)

    def _is_for(self, principal: tuple[str, str] | None) -> bool:
        if self.principals is None:
            return True
        found = any(wanted in (("AWS", "*"), principal) for wanted in self.principals)
        return found is not ("NotPrincipal" in self.all_but)


def read_policy(document: Mapping[str, Any]) -> tuple[Statement, ...]:
    """The statements of a policy's JSON document. Raises PolicyUnreadable."""
    if document.keys() - {"Version", "Id", "Statement"} or document.get("Version") != "2012-10-17":
        raise PolicyUnreadable(f"no policy of the version 2012-10-17: {document}")
    statements = document["Statement"]
    return tuple(map(Statement.read, statements if isinstance(statements, list) else [statements]))


def evaluate(statements: Iterable[Statement], request: Request) -> Decision:
    """What these statements, taken together, decide."""
    effects = {statement.effect for statement in statements if statement.applies_to(request)}
    if "Deny" in effects:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOWED if "Allow" in effects else Decision.IMPLICIT_DENY


@lru_cache(maxsize=4096)
def resource_matches(pattern: str, resource: str) -> bool:
    """Whether a resource is one of those that a pattern of a `Resource` element stands for."""
    return pattern == "*" or (resource != "*" and arn_matches(pattern, resource))


def _any_like(patterns: Iterable[str], action: str) -> bool:
    return any(like(pattern.lower(), action.lower()) for pattern in patterns)


def _patterns(document: Mapping[str, Any], element: str) -> tuple[str, ...]:
    """The texts of `element` or of its opposite, of which a statement has exactly one."""
    given = [name for name in (element, f"Not{element}") if name in document]
    if len(given) != 1:
        raise PolicyUnreadable(f"a statement needs one of {element} and Not{element}: {document}")
    found = texts(document[given[0]])
    if element == "Action" and (odd := [text for text in found if not _ACTION.fullmatch(text)]):
        raise PolicyUnreadable(f"no actions: {odd}")
    return found


def _resources(document: Mapping[str, Any]) -> tuple[str, ...]:
    if "Resource" not in document and "NotResource" not in document and "Principal" in document:
        # A trust policy: the role that it belongs to is the resource.
        return ("*",)
    found = _patterns(document, "Resource")
    for pattern in found:
        check_arn_pattern(pattern)
    return found


def _principals(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    given = document.get("Principal", document.get("NotPrincipal"))
    if given is None:
        return None
    if given == "*":
        return (("AWS", "*"),)
    if not isinstance(given, Mapping):
        raise PolicyUnreadable(f"no principal: {given}")
    found = tuple((kind, name) for kind, names in given.items() for name in texts(names))
    if odd := [principal for principal in found if not _PRINCIPAL.fullmatch(" ".join(principal))]:
        raise PolicyUnreadable(f"kinds of principals that are not known here: {odd}")
    return found
