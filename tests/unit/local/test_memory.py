"""The memory that local mode takes: one arena for all of its threads."""

import ctypes
import subprocess
import sys

import pytest

ALLOCATING = """
import ctypes, sys, threading
from local.__main__ import use_one_arena
if sys.argv[1:] == ["one"]:
    use_one_arena()
together, kept = threading.Barrier(8), []
def allocate():
    together.wait()
    kept.extend(bytes(5_000) for _ in range(1_000))
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="its malloc is not glibc's")
def test_threads_share_one_arena() -> None:
    def arenas(*arguments: str) -> int:
        command = [sys.executable, "-c", ALLOCATING, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.count("<heap nr=")

    assert arenas("one") == 1
    assert arenas() > 1
