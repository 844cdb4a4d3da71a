"""A signal ends the service whichever of its threads it reaches."""

import subprocess
import sys

REACHING_ANOTHER_THREAD = """
import signal, threading, time
from local.__main__ import Signals
signals = Signals()
signals.serving = True
def receive():
    time.sleep(0.3)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    time.sleep(60)
threading.Thread(target=receive, daemon=True).start()
signals.wait()
print("woken")
"""


def test_a_signal_that_does_not_interrupt_the_main_thread_wakes_it() -> None:
    command = [sys.executable, "-c", REACHING_ANOTHER_THREAD]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout == "woken\n"
