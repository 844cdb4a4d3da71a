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


_ROUGHLY_ONE_LINE = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$"
"""For the OpenAPI document: patterns know no Unicode categories."""

OneLine = Annotated[str, AfterValidator(_on_one_line), Field(json_schema_extra={"pattern": _ROUGHLY_ONE_LINE})]
Name = Annotated[OneLine, Field(min_length=1, max_length=MAX_NAME_CHARACTERS)]
"""Whom something is for: a user's id."""
Title = Annotated[OneLine, Field(min_length=1, max_length=MAX_TITLE_CHARACTERS)]
