import time

import pytest

from local.progress import Progress


def test_a_quick_start_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(patience=5) as progress:
        progress.say("working")
    assert capsys.readouterr().out == ""


def test_a_slow_start_says_what_it_is_doing_and_what_comes_then(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(patience=0.01) as progress:
        progress.say("first")
        time.sleep(0.1)
        progress.say("second")
    assert capsys.readouterr().out.splitlines() == ["first …", "second …"]
