"""The README's requests, copied, give the README's answers: but for ids and times, which are each run's own."""

import re
import subprocess

from tests.e2e.service import ROOT, RunningService

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OWN = (
    (re.compile(r"\b(wf|exec|ws|task|note)_[0-9a-f]{32}"), r"\1_…"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "<time>"),
    (re.compile(r'("durationMs": ?)\d+'), r"\1…"),
    (re.compile(r'http://[\d.:]+(/[^"]*\?ticket=)[^"]*'), r"\1…"),
)


def test_the_requests_of_the_readme_give_its_answers(service: RunningService) -> None:
    blocks = [(kind, text) for kind, text in BLOCK.findall((ROOT / "README.md").read_text()) if "make run" not in text]
    commands = [text.replace("http://localhost:8000", service.url) for kind, text in blocks if kind == "bash"]
    answers = [text for kind, text in blocks if kind in ("json", "text")]
    assert len(commands) == len(answers) + 1, "the first command publishes, and each other one has its answer"

    separator = "-- next --"
    script = f"\necho '{separator}'\n".join(commands)
    done = subprocess.run(["/bin/bash", "-eu", "-c", script], capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 0, done.stderr
    published, *given = done.stdout.split(f"{separator}\n")
    assert published == ""
    assert [_common(text) for text in given] == [_common(text) for text in answers]


def _common(text: str) -> str:
    for pattern, replacement in _OWN:
        text = pattern.sub(replacement, text)
    return text
