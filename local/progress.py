"""Says what a start-up is doing, once it takes longer than anyone would wait for without asking."""

import threading
from types import TracebackType
from typing import Self


class Progress:
    """Silent for `patience` seconds; from then on each phase is printed."""

    def __init__(self, patience: float = 2.0) -> None:
        self._phase = ""
        self._impatient = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(patience, self._lose_patience)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()

    def say(self, phase: str) -> None:
        with self._lock:
            self._phase = phase
            self._print()

    def _lose_patience(self) -> None:
        with self._lock:
            self._impatient = True
            self._print()

    def _print(self) -> None:
        if self._impatient and self._phase:
            print(f"{self._phase} …", flush=True)
