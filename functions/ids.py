"""Ids: 32 hex digits of a UUIDv7 inside, spelt as a UUID in v1 and with a prefix (`wf_…`, `exec_…`) in workspaces."""

import re
import secrets
import time
from typing import Literal
from uuid import UUID

Kind = Literal["wf", "exec", "ws", "task", "note"]

_SPELLING = re.compile(r"(?:[a-z]+_)?([0-9a-f]{32})|([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


def new_id() -> str:
    """A UUIDv7 (RFC 9562, section 5.7) as 32 hex digits: milliseconds first, so that ids sort by time."""
    value = (
        time.time_ns() // 1_000_000 << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    )
    return f"{value:032x}"


def read_id(text: str, kind: Kind) -> str | None:
    """The 32 hex digits of an id in either spelling, or None where `text` cannot be an id of this kind."""
    match = _SPELLING.fullmatch(text)
    if match is None or ("_" in text and not text.lower().startswith(f"{kind}_")):
        return None
    return (match[1] or match[2].replace("-", "")).lower()


def as_uuid(hex_digits: str) -> str:
    """The v1 spelling: `550e8400-e29b-41d4-a716-446655440000`."""
    return str(UUID(hex_digits))


def as_prefixed(kind: Kind, hex_digits: str) -> str:
    """The workspaces spelling: `exec_550e8400e29b41d4a716446655440000`."""
    return f"{kind}_{hex_digits}"
