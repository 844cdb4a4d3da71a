"""Kinds of text that several configs hold."""

from typing import Annotated

from pydantic import AfterValidator, Field

from functions.actions.plain_text import one_line

MAX_NAME_CHARACTERS = 256
MAX_TITLE_CHARACTERS = 500


def _on_one_line(text: str) -> str:
    if one_line(text, len(text)) != text:
        raise ValueError("This must be one line, without control characters")
    return text


OneLine = Annotated[str, AfterValidator(_on_one_line)]
Name = Annotated[OneLine, Field(min_length=1, max_length=MAX_NAME_CHARACTERS)]
"""Whom something is for: a user's id."""
Title = Annotated[OneLine, Field(min_length=1, max_length=MAX_TITLE_CHARACTERS)]
