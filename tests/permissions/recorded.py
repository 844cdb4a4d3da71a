"""`python -m tests.permissions.recorded`: the service as `python -m local` starts it, with its AWS calls recorded
where CALLS names a folder, and all that it says looked through for canaries where CANARY does."""

from contextlib import ExitStack

from local.__main__ import run
from tests.attacks.watching import folder, watch_output, watching
from tests.permissions.recorder import call_file, recording

if __name__ == "__main__":
    file, path = call_file(), folder()
    assert file or path, "neither CALLS nor CANARY names a folder"
    with ExitStack() as stack:
        if file:
            stack.enter_context(recording(file))
        if path:
            watch_output(stack.enter_context(watching(path)))
        run()
