"""moto's Step Functions engine without what it drags in: for one enum it imports Batch, and that all of EC2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import moto


@contextmanager
def without_batch() -> Iterator[None]:
    """While this lasts, `moto.batch` is a package whose `__init__` did not run: the import takes 1.5 seconds less."""
    if "moto.batch" in sys.modules:
        yield
        return
    empty = ModuleType("moto.batch")
    empty.__path__ = [str(Path(moto.__file__).parent / "batch")]
    sys.modules["moto.batch"] = empty
    try:
        yield
    finally:
        # A copy, since other threads import meanwhile.
        for name in [name for name in list(sys.modules) if name == "moto.batch" or name.startswith("moto.batch.")]:
            del sys.modules[name]
