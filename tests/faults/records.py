"""Watches every write of an execution's head, and counts what must not be: a second end, a change after the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from local.emulator import tables

_AFTER_THE_END = {"in_flight", "check_at", "checks"}
"""What may change in a record that has ended: whether the schedule still looks at it."""


class Records:
    """The ends that were written, by execution, and every change that broke a rule."""

    def __init__(self) -> None:
        self.ends: dict[str, int] = {}
        self.broken: list[str] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Sees whatever is stored while this lasts, by whichever call."""
        original = tables._sort

        def sort(table: Any, hash_key: Any, range_key: Any, old: Any, item: Any) -> None:
            original(table, hash_key, range_key, old, item)
            if hash_key.value.startswith("EXEC#") and range_key is not None and range_key.value == "META":
                self._see(hash_key.value, _plain(old), _plain(item))

        with patch.object(tables, "_sort", sort):
            yield

    def _see(self, name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> None:
        if new is None:
            return self.broken.append(f"{name} was deleted")
        had_ended = old is not None and old["status"] != {"S": "running"}
        if had_ended and old is not None:
            changed = {field for field in old.keys() | new.keys() if old.get(field) != new.get(field)}
            if changed - _AFTER_THE_END:
                self.broken.append(f"{name} changed after its end: {sorted(changed)}")
        elif new["status"] != {"S": "running"}:
            self.ends[name.removeprefix("EXEC#")] = self.ends.get(name.removeprefix("EXEC#"), 0) + 1
        for field in ("log", "started"):
            before = old[field]["L"] if old else []
            if new[field]["L"][: len(before)] != before:
                self.broken.append(f"{name}: its {field} did not only grow")
        return None


def _plain(item: Any) -> dict[str, Any] | None:
    return None if item is None else item.to_json()["Attributes"]
