"""The conditions of a policy's statement: all must hold for the statement to apply.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.permissions.patterns import PolicyUnreadable, arn_matches, like, texts

Context = Mapping[str, str | tuple[str, ...]]

_FITS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, given: wanted == given,
    "StringEqualsIgnoreCase": lambda wanted, given: wanted.lower() == given.lower(),
    "StringLike": like,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
    "Bool": lambda wanted, given: wanted.lower() == given.lower(),
}
"""Whether a value of a request fits one of a policy; AWS makes no difference between ArnEquals and ArnLike."""

_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?")
_KEY = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+(/[\w.:/=+@-]+)?")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One operator on one key: of several `values` one must fit, or none where the operator is negated."""

    operator: str
    key: str
    values: tuple[str, ...]
    negated: bool = False
    quantifier: str | None = None
    """`ForAllValues` or `ForAnyValue`, for keys that may have many values in one request."""
    if_exists: bool = False

    def holds(self, context: Context) -> bool:
        """Whether a request with this context meets it. Raises PolicyUnreadable for many values without quantifier."""
        given = {key.lower(): value for key, value in context.items()}.get(self.key.lower(), ())
        values = (given,) if isinstance(given, str) else given
        if self.operator == "Null":
            return ("true" if not values else "false") in self.values
        if not values:
            return self.if_exists or self.quantifier == "ForAllValues" or (self.negated and self.quantifier is None)
        if self.quantifier is None and len(values) > 1:
            raise PolicyUnreadable(f"{self.key} has many values: it needs ForAllValues or ForAnyValue")
        return (all if self.quantifier == "ForAllValues" else any)(map(self._fits, values))

    def _fits(self, given: str) -> bool:
        return any(_FITS[self.operator](wanted, given) for wanted in self.values) is not self.negated


def read_conditions(document: Any) -> tuple[Condition, ...]:
    """The conditions of a statement. Raises PolicyUnreadable for an operator or a key that is not known here."""
    if not isinstance(document, Mapping):
        raise PolicyUnreadable(f"no conditions: {document!r}")
    return tuple(
        _condition(operator, key, values) for operator, keys in document.items() for key, values in keys.items()
    )


def _condition(text: str, key: str, values: Any) -> Condition:
    match = _OPERATOR.fullmatch(text)
    quantifier, operator, if_exists = match.groups() if match else (None, text, None)
    is_null = (operator, quantifier, if_exists) == ("Null", None, None)
    if not is_null and operator not in _FITS and operator not in _NEGATED:
        raise PolicyUnreadable(f"unknown condition operator {text!r}")
    # "Condition key names are not case-sensitive": of those the CDK writes, one service's name is in capitals.
    service, _, name = key.rpartition(":")
    key = f"{service.lower()}:{name}"
    if not _KEY.fullmatch(key):
        raise PolicyUnreadable(f"unknown kind of condition key {key!r}")
    return Condition(
        operator=_NEGATED.get(operator, operator),
        key=key,
        values=texts(values),
        negated=operator in _NEGATED,
        quantifier=quantifier,
        if_exists=bool(if_exists),
    )
