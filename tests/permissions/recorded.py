"""`python -m tests.permissions.recorded`: the service as `python -m local` starts it, with its AWS calls recorded."""

from local.__main__ import run
from tests.permissions.recorder import call_file, recording

if __name__ == "__main__":
    file = call_file()
    assert file, "CALLS names no folder"
    with recording(file):
        run()
