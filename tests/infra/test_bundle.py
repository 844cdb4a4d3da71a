"""The asset runs by itself: everything that the functions import is in it, and built for Lambda."""

import platform
import shutil
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from functions.entries import PYTHON_ENTRIES, STREAM
from infra import bundle as bundling
from infra.bundle import BUILD, LAMBDA, LIMIT, ROOT, PackagesMissing, Target, TooLarge, bundle, manylinux

_AARCH64 = 183
"""ELF's number for it: https://www.sco.com/developers/gabi/latest/ch4.eheader.html and arm's supplement to it."""


@pytest.fixture(scope="module")
def asset() -> zipfile.ZipFile:
    return zipfile.ZipFile(bundle())


def test_it_is_small_enough_for_a_cold_start(asset: zipfile.ZipFile) -> None:
    assert asset.filename
    assert 1_000_000 < Path(asset.filename).stat().st_size < LIMIT == 30_000_000


def test_its_extensions_are_built_for_the_python_and_the_processor_of_the_functions(asset: zipfile.ZipFile) -> None:
    extensions = [name for name in asset.namelist() if ".so" in Path(name).suffixes]
    assert {name.split("/")[0] for name in extensions} >= {"pydantic_core", "re2"}
    for name in extensions:
        assert name.endswith((".cpython-313-aarch64-linux-gnu.so", ".abi3.so"))
        header = asset.read(name)[:20]
        assert header[:4] == b"\x7fELF"
        assert struct.unpack_from("<H", header, 18) == (_AARCH64,)


def test_no_bytecode_and_no_tests_are_in_it(asset: zipfile.ZipFile) -> None:
    for name in asset.namelist():
        assert not {"__pycache__", "tests"} & set(name.split("/"))
        assert not name.endswith(".pyc")


def test_its_root_has_the_service_the_packages_and_what_starts_the_stream(asset: zipfile.ZipFile) -> None:
    names = set(asset.namelist())
    handlers = {entry.handler.rpartition(".")[0].replace(".", "/") + ".py" for entry in PYTHON_ENTRIES}
    assert handlers | {"state_machines/translate.py", "functions/routes/openapi.json", "boto3/__init__.py"} <= names
    assert asset.getinfo(STREAM.handler).external_attr >> 16 & 0o111 == 0o111


def test_the_same_content_is_the_same_file(asset: zipfile.ZipFile) -> None:
    assert asset.filename
    before = Path(asset.filename).read_bytes()
    assert bundle().read_bytes() == before


def test_an_asset_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundling, "LIMIT", 1_000_000)
    with pytest.raises(TooLarge, match="at most 1,000,000"):
        bundle()


def test_a_package_with_another_hash_than_its_pin_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")
    monkeypatch.setattr(bundling, "ROOT", tmp_path)
    with pytest.raises(PackagesMissing, match=r"(?i)hash"):
        bundle(build=tmp_path)


def test_no_pin_depends_on_the_machine_that_bundles() -> None:
    """pip would ask this machine's Python about such a condition, not Lambda's."""
    assert ";" not in (ROOT / "requirements.txt").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="the packages of this machine are asked for by Linux's names")
def test_an_unpacked_copy_runs_with_nothing_else_on_the_path(tmp_path: Path) -> None:
    python = lambda_python()
    version = said_by(python, "import sys; print('%d.%d' % sys.version_info[:2])")
    glibc = int(platform.libc_ver()[1].split(".")[1])
    path = bundle(Target(version, manylinux(platform.machine(), glibc)), BUILD)
    zipfile.ZipFile(path).extractall(tmp_path)
    modules = [entry.handler.rpartition(".")[0] for entry in PYTHON_ENTRIES] + ["functions.stream", "uvicorn"]
    script = f"""
import importlib, sys, sysconfig
sys.path.insert(0, {str(tmp_path)!r})
for name in {modules!r}:
    importlib.import_module(name)
places = ({str(tmp_path)!r}, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
print([file for file in files if file and not file.startswith(places)])
"""
    assert said_by(python, script) == "[]"


def lambda_python() -> str:
    """A Python 3.13, as on Lambda, where this machine has one; else the one that runs the tests."""
    on_path = shutil.which("python3.13")
    installed = map(str, Path.home().glob(".pyenv/versions/3.13.*/bin/python"))
    for python in [*([on_path] if on_path else []), *installed]:
        asked = subprocess.run([python, "--version"], capture_output=True, text=True, check=False, timeout=30)
        if asked.stdout.startswith("Python 3.13."):
            return python
    return sys.executable


def said_by(python: str, script: str) -> str:
    """What a script prints in an interpreter of its own, without site-packages and without this environment."""
    done = subprocess.run(
        [python, "-I", "-S", "-c", script], capture_output=True, text=True, check=False, timeout=60, cwd="/", env={}
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_lambdas_platform_takes_wheels_for_older_systems_too() -> None:
    assert LAMBDA.platforms[0] == "manylinux_2_34_aarch64"
    assert "manylinux_2_17_aarch64" in LAMBDA.platforms
