"""The patterns of IAM: `*` and `?` in texts and in ARNs."""

import re
from functools import lru_cache
from typing import Any

_VARIABLE = re.compile(r"\$\{")
_SEGMENTS = 6


class PolicyUnreadable(Exception):
    """Raised when a policy holds what is not known here, so that nothing can be said about what it allows."""


def texts(value: Any) -> tuple[str, ...]:
    """A text or a list of texts, as texts. Raises PolicyUnreadable for others, and for policy variables."""
    values = value if isinstance(value, list) else [value]
    found = tuple(str(part).lower() if isinstance(part, bool) else part for part in values)
    if not found or not all(isinstance(part, str) for part in found):
        raise PolicyUnreadable(f"no text, and no list of texts: {value!r}")
    if any(_VARIABLE.search(part) for part in found):
        raise PolicyUnreadable(f"policy variables are not known here: {value!r}")
    return found


def like(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern, in which `*` is any characters and `?` is one."""
    return _compiled(pattern).fullmatch(text) is not None


def check_arn_pattern(pattern: str) -> None:
    """Raises PolicyUnreadable unless a pattern is `*` or has an ARN's six segments, with a service of its own."""
    segments = pattern.split(":", _SEGMENTS - 1)
    if pattern != "*" and (len(segments) != _SEGMENTS or segments[0] != "arn" or {"*", "?"} & {*segments[2]}):
        raise PolicyUnreadable(f"no ARN: {pattern!r}")


def arn_matches(pattern: str, arn: str) -> bool:
    """Whether an ARN fits a pattern, each of the six segments by itself; the last one may hold further colons.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    wanted, given = (text.split(":", _SEGMENTS - 1) for text in (pattern, arn))
    return len(wanted) == len(given) == _SEGMENTS and all(map(like, wanted, given))


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(character, re.escape(character)) for character in pattern), re.DOTALL)
