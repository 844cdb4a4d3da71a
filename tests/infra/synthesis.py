"""The stack's templates, made once for each state of the sources, however many processes and sessions of tests ask."""

import fcntl
import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from infra.stage import read_stage

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "templates"


def template(stage: str = "dev", **settings: Any) -> dict[str, Any]:
    """The template of a stage of cdk.json, with these of its settings changed. Its functions' code is a stand-in."""
    return _kept(stage, stage, settings)


def console_template(stage: str = "dev", **settings: Any) -> dict[str, Any]:
    """The template that fills the console's bucket, made of a stand-in for what `make console` builds."""
    return _kept(f"{stage}-console", stage, settings)


def built_console(folder: Path) -> Path:
    """A folder as `console/dist`, in `folder`, with the least that a page has."""
    files = folder / "console"
    (files / "assets").mkdir(parents=True)
    (files / "assets" / "index.js").touch()
    (files / "index.html").write_text((ROOT / "console" / "index.html").read_text())
    return files


def stages() -> dict[str, dict[str, Any]]:
    """What cdk.json says of each stage."""
    found: dict[str, dict[str, Any]] = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
    return found


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The resources of a type, such as `AWS::SQS::Queue`, by their logical ids."""
    return {name: resource for name, resource in template["Resources"].items() if resource["Type"] == kind}


def _kept(stack: str, stage: str, settings: dict[str, Any]) -> dict[str, Any]:
    folder = KEPT / _fingerprint()
    variant = hashlib.sha256(json.dumps([stage, settings], sort_keys=True).encode()).hexdigest()[:16]
    path = folder / f"{stack}-{variant}.json"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with (KEPT / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                _forget_all_but(folder)
                for name, content in _synthesise(stage, settings).items():
                    (folder / f"{name}-{variant}.json").write_text(json.dumps(content))
    kept: dict[str, Any] = json.loads(path.read_text())
    return kept


def _synthesise(stage: str, settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The templates of a stage: `dev` and, where it has the console, `dev-console`."""
    # The CDK takes seconds to import: only where it is needed, not in every process that collects the tests.
    from aws_cdk import App

    from infra.console import ConsoleStack
    from infra.stack import WorkflowStack

    chosen = read_stage(stage, {**stages()[stage], **settings})
    with tempfile.TemporaryDirectory() as folder:
        asset = Path(folder, "asset")
        asset.mkdir()
        (asset / "code.py").touch()
        app = App(outdir=str(Path(folder, "cdk.out")), analytics_reporting=False)
        stack = WorkflowStack(app, stage=chosen, asset=asset)
        made = {stage: chosen.stack_name}
        if stack.console:
            files = built_console(Path(folder))
            console = ConsoleStack(
                app,
                stage=chosen,
                site=stack.console,
                api_url=stack.api_url,
                stream_url=stack.stream_url,
                files=files,
            )
            made[f"{stage}-console"] = console.stack_name
        assembly = app.synth()
        return {name: assembly.get_stack_by_name(stack_name).template for name, stack_name in made.items()}


def _fingerprint() -> str:
    """Of everything that a template may be made from."""
    sources = [path for place in ("infra", "functions") for path in sorted((ROOT / place).rglob("*.py"))]
    digest = hashlib.sha256()
    console = [ROOT / "console" / name for name in ("headers.json", "index.html")]
    for path in (*sources, *console, ROOT / "cdk.json", ROOT / "requirements-dev.txt", Path(__file__)):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _forget_all_but(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for other in KEPT.iterdir():
        if other.is_dir() and other != folder:
            shutil.rmtree(other, ignore_errors=True)
