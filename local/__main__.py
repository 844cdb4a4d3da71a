"""`python -m local`: from nothing to a first curl in seconds; with `--demo`, to a run that can be watched."""

import argparse
import ctypes
import gc
import json
import logging
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from types import FrameType
from typing import NoReturn

from local.progress import Progress
from local.service import Service
from local.settings import BadSetting, LocalSettings

_ARENAS = -8
"""M_ARENA_MAX of glibc's malloc.h."""
_THRESHOLDS = (700, 10, 10)
"""Python's own: https://docs.python.org/3.11/library/gc.html#gc.set_threshold"""

NOT_BUILT = "The console is not built, so the demo could not be watched: run make console first."


def main(arguments: list[str]) -> int:
    """Serves until a signal comes. Answers the exit code."""
    options = _options(arguments)
    signals = Signals()
    try:
        settings = LocalSettings.of(os.environ)
        return _demonstrate(settings, options.speed, signals) if options.demo else _serve(settings, signals)
    except BadSetting as error:
        print(error, file=sys.stderr)
        return 1


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description="The service on this machine.")
    parser.add_argument("--demo", action="store_true", help="with a run of every type of node to watch in the console")
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="of the demo: N times as fast")
    options = parser.parse_args(arguments)
    if not 0.1 <= options.speed <= 100:
        parser.error("--speed must be from 0.1 to 100")
    return options


def _serve(settings: LocalSettings, signals: "Signals", show: Callable[[Service], str] | None = None) -> int:
    """Serves until a signal comes; what `show` does when the service is up is told last. Raises BadSetting."""
    began = time.monotonic()
    use_one_arena()
    service = Service(settings)
    with Progress() as progress:
        service.start(progress.say)
    collect_as_usual()
    signals.serving = True
    print(welcome(service, time.monotonic() - began), flush=True)
    if show:
        print(show(service), flush=True)
    signals.wait()
    print("finishing what is in flight; once more to end at once", flush=True)
    service.stop()
    return 0


def _demonstrate(settings: LocalSettings, speed: float, signals: "Signals") -> int:
    """As `_serve`, with the demo's shop and run."""
    # Imported here, since it is all that the demo alone needs.
    from local import demo

    if not demo.is_console_built():
        print(NOT_BUILT, file=sys.stderr)
        return 1
    with closing(demo.Shop(speed)) as shop:

        def show(service: Service) -> str:
            example = service.demo.example
            run = demo.begin(service.url, example, demo.definition(shop.address, speed))
            return demo.told(run, example, demo.open_browser(run.link))

        reachable = ",".join(filter(None, [settings.call_api_allow, shop.address]))
        return _serve(replace(settings, call_api_allow=reachable), signals, show)


def use_one_arena() -> None:
    """All threads get their memory from one place, where glibc is: https://man7.org/linux/man-pages/man3/mallopt.3.html

    By itself it opens up to eight for each processor, and what threads free in one, no thread of another can use: with
    some seventy threads the process grows by what lies free between the records (docs/scaling.md).
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_ARENAS, 1)


def collect_as_usual() -> None:
    """From now on garbage is collected as Python does by itself, and not as seldom as in a function on AWS, which is
    there to start quickly (functions/__init__.py): what is left of every run would lie between the records of others.

    What is there already stays, and is not looked through again and again.
    """
    gc.collect()
    gc.freeze()
    # How much is old decides when all of it is collected next, and what is frozen does not count from here on.
    gc.collect()
    gc.set_threshold(*_THRESHOLDS)


class Signals:
    """SIGINT and SIGTERM: the first lets the service end in good order, a second ends it at once.

    Before `serving` is set nothing is in flight, so that the first ends it at once, too.
    """

    def __init__(self) -> None:
        self.serving = False
        self._ending = False
        # A handler runs in the main thread, which a signal does not wake where it comes just before a wait for a lock,
        # or a queue: https://docs.python.org/3.11/library/signal.html#signal.set_wakeup_fd
        self._woken, self._waking = socket.socketpair()
        self._waking.setblocking(False)
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._arrive)

    def wait(self) -> None:
        self._woken.recv(1)

    def _arrive(self, number: int, frame: FrameType | None) -> None:
        if not self.serving:
            os._exit(0)
        if self._ending:
            os._exit(128 + number)
        self._ending = True


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
        "All of it is in memory: when this process ends, however it ends, every workflow, record, key and task that",
        "was made is gone, and what was running is not gone on with. Only what is shown above is made anew.",
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
        code = main(sys.argv[1:])
    except Exception:
        # The outermost boundary: whatever it was, nothing that was started may keep the process alive.
        logging.getLogger("local").exception("the local service ended with a fault")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
