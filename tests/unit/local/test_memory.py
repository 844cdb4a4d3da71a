"""The memory that local mode takes: one arena for all of its threads, and garbage collected before it lies about."""

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

LEAVING_GARBAGE = """
import sys, weakref
import functions
from local.__main__ import collect_as_usual
if sys.argv[1:] == ["usual"]:
    collect_as_usual()
class Node: ...
left = []
for _ in range(5_000):
    node = Node()
    node.itself = node
    left.append(weakref.ref(node))
print(sum(node() is not None for node in left))
"""


def run(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="its malloc is not glibc's")
def test_threads_share_one_arena() -> None:
    assert run(ALLOCATING, "one").count("<heap nr=") == 1
    assert run(ALLOCATING).count("<heap nr=") > 1


def test_garbage_is_collected_before_much_of_it_lies_about() -> None:
    assert int(run(LEAVING_GARBAGE, "usual")) < 1_000
    assert int(run(LEAVING_GARBAGE)) > 4_000
