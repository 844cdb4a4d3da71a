"""Who may import whom, and what every file keeps to."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def sources(*places: str) -> list[Path]:
    return [path for place in places for path in sorted((ROOT / place).rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importing(places: tuple[str, ...], *packages: str) -> list[str]:
    """The files below `places` that import any of `packages`."""
    return [
        str(path.relative_to(ROOT))
        for path in sources(*places)
        if any(name.split(".")[0] in packages for name in imports(path))
    ]


def test_the_language_knows_no_aws_and_no_function() -> None:
    assert sources("state_machines")
    assert importing(("state_machines",), "boto3", "botocore", "aws_lambda_powertools", "functions", "local") == []


def test_the_functions_know_neither_where_they_run_nor_who_tests_them() -> None:
    assert importing(("functions",), "local", "infra", "tests", "benchmarks", "moto") == []


def test_the_generator_of_the_openapi_document_is_needed_by_nothing_that_runs() -> None:
    assert sources("openapi")
    assert importing(("functions", "infra", "local", "state_machines"), "openapi") == []


def test_only_the_settings_read_the_environment() -> None:
    reading = [path.relative_to(ROOT).as_posix() for path in sources("functions", "state_machines") if _reads(path)]
    assert reading == ["functions/settings.py"]


def _reads(path: Path) -> bool:
    tree = ast.parse(path.read_text())
    return any(
        (isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {a.name for a in node.names} & {"environ", "getenv"}
        )
        for node in ast.walk(tree)
    )


def test_moto_is_behind_one_module() -> None:
    places = ("functions", "infra", "local", "state_machines")
    using = [name for name in importing(places, "moto") if not name.startswith("local/emulator/")]
    assert using == ["local/aws.py"]


def test_no_file_is_longer_than_400_lines() -> None:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in listed.stdout.split()]
    lengths = {path.name: len(path.read_text().splitlines()) for path in paths if path.exists()}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("module", ["api", "action", "lifecycle", "admin", "stream"])
def test_a_function_needs_only_what_is_installed_on_lambda(module: str) -> None:
    """A fresh interpreter that has the packages of requirements.txt alone, as far as it can tell, loads it."""
    script = f"""
import importlib.metadata as metadata
import sys

class OnlyPinned:
    owners = metadata.packages_distributions()

    def find_spec(self, name, path=None, target=None):
        owned = {{owner.lower().replace("_", "-") for owner in self.owners.get(name.partition(".")[0], ())}}
        if owned and not owned & set({pinned()!r}):
            raise ModuleNotFoundError(f"{{name}} is not installed on Lambda", name=name)

sys.meta_path.insert(0, OnlyPinned())
import functions.{module}
for name in ("moto", "pytest") if {module!r} == "stream" else ("moto", "starlette", "uvicorn", "pytest"):
    assert name not in sys.modules
try:
    import moto
except ModuleNotFoundError:
    print("loaded")
"""
    environment = {**os.environ, "TABLE_NAME": "workflows", "AWS_DEFAULT_REGION": "us-east-1"}
    asked = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert (asked.stdout.strip(), asked.stderr) == ("loaded", "")


NEVER_AT_FIRST = {
    "asyncio",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.parameters",
    "boto3",
    "functions.actions.call_api",
    "functions.actions.send_email",
    "functions.dry_runs",
    "functions.stream",
    "jsonschema",
    "re2",
    "s3transfer",
    "sse_starlette",
    "starlette",
    "state_machines.checks",
    "uvicorn",
}
"""What no function's first request needs; each costs a cold start some milliseconds, and more without bytecode."""

READ = "next(r for r in functions.api.ROUTES if (r.dialect, r.operation) == ({!r}, 'get_execution'))"


@pytest.mark.parametrize(
    ("first", "but_not"),
    [
        (f"import functions.api; functions.api.operation_of({READ.format('v1')})", "functions.routes.workspaces"),
        (f"import functions.api; functions.api.operation_of({READ.format('workspaces')})", "functions.routes.v1"),
        ("import functions.action", "functions.api"),
        ("import functions.lifecycle", "functions.actions.registry"),
    ],
    ids=["api v1", "api workspaces", "action", "lifecycle"],
)
def test_a_cold_start_imports_only_what_a_first_request_needs(first: str, but_not: str) -> None:
    environment = {**os.environ, "TABLE_NAME": "workflows", "AWS_DEFAULT_REGION": "us-east-1"}
    script = f"import sys\n{first}\nprint(*sys.modules)"
    asked = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, env=environment)
    assert asked.stderr == ""
    imported = set(asked.stdout.split())
    assert "botocore.session" in imported
    assert imported & {*NEVER_AT_FIRST, but_not} == set()


def pinned() -> list[str]:
    names = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    return sorted(re.sub(r"[-_.]+", "-", name).lower() for name in names)
