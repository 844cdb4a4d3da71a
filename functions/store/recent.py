"""What a process read or wrote last and what never changes afterwards: kept in memory, so that it is not read again."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

Name = TypeVar("Name")
Kept = TypeVar("Kept")


class Recent(Generic[Name, Kept]):
    """The last `size` values, by name; safe to use from many threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Name, Kept] = OrderedDict()
        self._lock = Lock()

    def keep(self, name: Name, value: Kept) -> None:
        """Keeps a value, and lets go of the one that was kept first."""
        with self._lock:
            self._values[name] = value
            if len(self._values) > self._size:
                self._values.popitem(last=False)

    def find(self, name: Name) -> Kept | None:
        """The value, if it is still kept."""
        with self._lock:
            return self._values.get(name)
