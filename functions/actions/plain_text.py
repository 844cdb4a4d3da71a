"""Text from elsewhere made fit for one line of a log or a message."""

import unicodedata

_REPLACED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that could end a line, hide or reorder text, or not be encoded at all."""
_JOINERS = "\u200c\u200d"
"""Harmless members of Cf that several scripts and many emoji need."""


def one_line(text: str, limit: int) -> str:
    """`text` with each control, format and line-separating character as a space, cut to `limit` characters."""
    return "".join(" " if _is_replaced(character) else character for character in text[:limit])


def _is_replaced(character: str) -> bool:
    return unicodedata.category(character) in _REPLACED and character not in _JOINERS
