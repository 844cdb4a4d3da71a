"""`python -m local`: from nothing to a first curl in seconds."""

import gc
import json
import logging
import os
import shlex
import signal
import sys
import time
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn

from local.progress import Progress
from local.service import Service
from local.settings import BadSetting, LocalSettings


def main() -> int:
    """Serves until a signal comes. Answers the exit code."""
    began = time.monotonic()
    signals = Signals()
    try:
        service = Service(LocalSettings.of(os.environ))
    except BadSetting as error:
        print(error, file=sys.stderr)
        return 1
    with Progress() as progress:
        service.start(progress.say)
    # What is there now stays: the collector need not walk all of moto again and again.
    gc.collect()
    gc.freeze()
    signals.serving = True
    print(welcome(service, time.monotonic() - began), flush=True)
    signals.wait()
    print("finishing what is in flight; once more to end at once", flush=True)
    service.stop()
    return 0


class Signals:
    """SIGINT and SIGTERM: the first lets the service end in good order, a second ends it at once.

    Before `serving` is set nothing is in flight, so that the first ends it at once, too.
    """

    def __init__(self) -> None:
        self.serving = False
        self._ending = False
        # The one queue that a signal handler may put into, whatever the thread it interrupts is doing.
        self._arrived: SimpleQueue[int] = SimpleQueue()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._arrive)

    def wait(self) -> None:
        self._arrived.get()

    def _arrive(self, number: int, frame: FrameType | None) -> None:
        if not self.serving:
            os._exit(0)
        if self._ending:
            os._exit(128 + number)
        self._ending = True
        self._arrived.put(number)


def welcome(service: Service, seconds: float) -> str:
    """The URLs, the demo keys and a first request, which works when it is pasted."""
    example = service.demo.example
    keys = [f"{key.value:<32} {key.user}: {key.role} of {key.workspace}, {key.tier} tier" for key in service.demo.keys]
    lines = [
        f"Ready after {seconds:.1f} s.",
        "",
        f"  API      {service.url}",
        f"  Docs     {service.url}/docs",
        f"  Stream   {service.stream_url}  (for browsers, which send no key)",
        f"  AWS      {service.aws_url}  (for aws --endpoint-url)",
        *(f"  {'' if n else 'Keys':<8} {key}" for n, key in enumerate(keys)),
        f"  Example  {service.workflow_id}  ({example.definition['name']}, in {example.workspace})",
        "",
        "Run the example:",
        "",
        f"  {_curl(service)}",
        "",
    ]
    return "\n".join(lines)


def _curl(service: Service) -> str:
    example = service.demo.example
    return shlex.join(
        [
            *("curl", "-s", "-X", "POST"),
            f"{service.url}{example.path}/{service.workflow_id}/execute",
            *("-H", f"X-API-Key: {example.key}", "-H", "Content-Type: application/json"),
            *("-d", json.dumps({"triggerData": example.trigger_data})),
        ]
    )


def run() -> NoReturn:
    """Ends the process without waiting for its threads: a handler that hangs must not hold up the end."""
    try:
        code = main()
    except Exception:
        # The outermost boundary: whatever it was, nothing that was started may keep the process alive.
        logging.getLogger("local").exception("the local service ended with a fault")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
