"""What cdk-nag finds in the stack is mended, or accepted: with a reason, and only where it is found."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra import findings
from infra.stage import Stage
from tests.infra.synthesis import built_console

EVERYTHING = Stage(
    name="all",
    console=True,
    email_sender="sender@example.com",
    alarm_email="operator@example.com",
)


class Accepted(NamedTuple):
    """A finding that the stack accepts, on a construct and what is in it."""

    path: str
    rule: str
    reason: str

    def covers(self, finding: tuple[str, str]) -> bool:
        path, rule = finding
        return rule == self.rule and f"{path}/".startswith(f"{self.path}/")


def synthesise(folder: Path) -> None:
    """As app.py does. Raises where cdk-nag finds what is not accepted."""
    from aws_cdk import App, Validations
    from cdk_nag import AwsSolutionsChecks

    from infra.console import ConsoleStack
    from infra.stack import WorkflowStack

    asset = folder / "asset"
    asset.mkdir()
    (asset / "code.py").touch()
    app = App(outdir=str(folder / "cdk.out"))
    stack = WorkflowStack(app, stage=EVERYTHING, asset=asset)
    assert stack.console
    ConsoleStack(
        app,
        stage=EVERYTHING,
        site=stack.console,
        api_url=stack.api_url,
        stream_url=stack.stream_url,
        files=built_console(folder),
    )
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


def found(folder: Path) -> set[tuple[str, str]]:
    """The construct and the rule of each finding in cdk-nag's report."""
    report = json.loads((folder / "cdk.out" / "validation-report.json").read_text())
    return {
        (construct["constructPath"], violation["ruleName"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_the_stack_passes_with_everything_that_a_stage_can_have(tmp_path: Path) -> None:
    synthesise(tmp_path)


def test_what_is_accepted_has_a_reason_and_is_still_found_and_nothing_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted: list[Accepted] = []

    class Noted:
        """In the place of the CDK's: nothing is accepted, and what would have been is noted."""

        def __init__(self, construct: Any) -> None:
            self._path = construct.node.path

        @classmethod
        def of(cls, construct: Any) -> "Noted":
            return cls(construct)

        def acknowledge(self, finding: Any) -> None:
            accepted.append(Accepted(self._path, finding.id, finding.reason))

    monkeypatch.setattr(findings, "Validations", Noted)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        synthesise(tmp_path)

    all_found = found(tmp_path)
    assert all_found
    assert [finding for finding in all_found if not any(each.covers(finding) for each in accepted)] == []
    assert [each for each in accepted if not any(map(each.covers, all_found))] == []
    assert [each for each in accepted if len(each.reason.split()) < 6] == []
