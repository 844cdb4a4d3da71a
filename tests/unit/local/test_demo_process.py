"""`python -m local --demo`, as `make demo` starts it: a process of its own, and what somebody reads of it."""

import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from local import __main__, demo

ROOT = Path(__file__).parents[3]
FREE_PORTS = {"PATH": "/usr/bin:/bin", "PORT": "0", "STREAM_PORT": "0", "AWS_PORT": "0"}
LAST = "Ctrl-C ends it all."


@pytest.fixture
def said() -> Iterator[str]:
    """What the demo prints until its run has begun; its process goes on until the test has ended."""
    if not demo.is_console_built():
        pytest.skip("The console is not built: run make console")
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--demo", "--speed", "50"],
        cwd=ROOT,
        env=FREE_PORTS,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout
    lines = process.stdout
    overdue = threading.Timer(60, process.kill)
    overdue.start()
    text = "".join(iter(lines.readline, f"{LAST}\n"))
    # The log goes on, and must not fill the pipe.
    rest = threading.Thread(target=lines.read)
    rest.start()
    yield text
    overdue.cancel()
    process.terminate()
    process.wait(timeout=20)
    rest.join(timeout=10)
    lines.close()


def test_it_prints_a_link_and_a_key_and_its_run_completes(said: str) -> None:
    ((url, slug, execution),) = re.findall(r"^  (http://\S+)/#/(\w+)/workflows/wf_\w+/runs/(exec_\w+)$", said, re.M)
    (key,) = re.findall(r"^  (local-\S+-key)$", said, re.M)
    headers = {"X-API-Key": key}
    address = f"{url}/api/workspaces/{slug}/workflows/executions/{execution}"
    with urlopen(Request(f"{address}/stream", headers=headers), timeout=60) as stream:
        stream.read()
    with urlopen(Request(address, headers=headers), timeout=20) as answer:
        assert json.load(answer)["execution"]["status"] == "COMPLETED"
    with urlopen(f"{url}/", timeout=20) as page:
        assert b"Workflow console" in page.read()
    assert "There is no display here, so no browser was opened." in said


def test_a_port_that_is_taken_is_said_and_nothing_stays() -> None:
    if not demo.is_console_built():
        pytest.skip("The console is not built: run make console")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "local", "--demo"],
            cwd=ROOT,
            env=FREE_PORTS | {"PORT": port},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"PORT={port} cannot be used on 127.0.0.1: address already in use.")


def test_without_a_console_there_is_nothing_to_watch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "is_console_built", lambda: False)
    monkeypatch.setattr(__main__, "Signals", lambda: None)
    assert __main__.main(["--demo"]) == 1
    assert capsys.readouterr().err == f"{__main__.NOT_BUILT}\n"


@pytest.mark.parametrize("speed", ["0", "-1", "1000", "fast"])
def test_a_speed_that_cannot_be_meant_is_refused(speed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        __main__.main(["--demo", "--speed", speed])
    assert "--speed" in capsys.readouterr().err
