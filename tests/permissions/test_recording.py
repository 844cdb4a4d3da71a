"""The comparison of a run with the file that is checked in says what differs, and never passes by seeing nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.permissions.__main__ import main
from tests.permissions.calls import UNMAPPED, Need
from tests.permissions.recording import Call, read_kept, read_lines, write_kept, write_line

GET = Call("api", Need("dynamodb:GetItem", "{TABLE_NAME}"))
PASS = Call("api", Need("iam:PassRole", "{MACHINE_ROLE_ARN}", (("iam:PassedToService", "states.amazonaws.com"),)))
STOP = Call("lifecycle", Need("states:StopExecution", "{run}"))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of its own in the place of the one that is checked in; it has two calls."""
    path = tmp_path / "calls.json"
    monkeypatch.setattr("tests.permissions.recording.KEPT", path)
    write_kept([PASS, GET, GET])
    return path


def compared(monkeypatch: pytest.MonkeyPatch, folder: Path, *calls: Call, update: bool = False) -> int:
    folder.mkdir(exist_ok=True)
    for n, call in enumerate(calls):
        (folder / f"{n}.jsonl").write_text(write_line(call, f"test {n}") + "\n")
    monkeypatch.setattr(sys, "argv", ["permissions", str(folder), *(["--update"] if update else [])])
    return main()


def test_what_is_written_is_read_again_one_call_a_line_and_sorted(kept: Path) -> None:
    assert read_kept() == [GET, PASS]
    assert [json.loads(line.strip(" ,"))["action"] for line in kept.read_text().splitlines()[1:-1]] == [
        "dynamodb:GetItem",
        "iam:PassRole",
    ]


def test_lines_of_several_processes_are_one_recording(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_text(f"{write_line(GET, 'a')}\n{write_line(PASS, 'a')}\n")
    (tmp_path / "2.jsonl").write_text(f"{write_line(GET, 'b')}\n")
    assert set(read_lines(tmp_path)) == {GET, PASS}


def test_the_same_calls_are_in_order(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(monkeypatch, tmp_path / "run", GET, PASS) == 0


def test_a_new_call_and_one_that_is_gone_are_named(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compared(monkeypatch, tmp_path / "run", PASS, STOP) == 1
    new, gone, what_to_do = capsys.readouterr().err.splitlines()
    assert new == "new: lifecycle calls states:StopExecution on {run}, first in test 1"
    assert gone == "no test makes this call any more: api calls dynamodb:GetItem on {TABLE_NAME}"
    assert "make calls" in what_to_do
    assert read_kept() == [GET, PASS]


def test_an_update_takes_the_run_over(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert compared(monkeypatch, tmp_path / "run", STOP, update=True) == 0
    assert read_kept() == [STOP]


@pytest.mark.parametrize("update", [False, True])
def test_a_run_without_calls_or_with_one_that_is_not_understood_is_none(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], update: bool
) -> None:
    assert compared(monkeypatch, tmp_path / "empty", update=update) == 1
    assert "no call was recorded" in capsys.readouterr().err
    unmapped = Call("action", Need(UNMAPPED, "dynamodb.Scan: say in …"))
    assert compared(monkeypatch, tmp_path / "run", GET, PASS, unmapped, update=update) == 1
    assert "not understood: action in test 2: dynamodb.Scan" in capsys.readouterr().err
    assert read_kept() == [GET, PASS]


def test_it_is_a_command(tmp_path: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "tests.permissions", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (asked.returncode, "no call was recorded" in asked.stderr) == (1, True)
