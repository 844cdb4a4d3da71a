"""The assets: what all functions run from, and the console.

The functions' is their code and their packages for Lambda's platform, without Docker.

`pip` takes the wheels of the target's platform, whatever machine this is, and only those whose hashes are in
requirements.txt. The zip file depends on its content alone, so that what did not change is not deployed again.

`python -m infra.bundle` makes it, and says how large it is.
"""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"

LIMIT = 30_000_000
"""Bytes of the zip file. Lambda takes 50 MB, and a cold start has to fetch and unpack it."""

_SOURCES = ("functions", "state_machines")
_LEFT_OUT = {"__pycache__", "tests", "examples", "bin"}
"""Folders that no function needs: bytecode of another Python, tests, examples, scripts of packages."""
_OLDEST = (1980, 1, 1, 0, 0, 0)
_FILE, _SCRIPT = 0o100644 << 16, 0o100755 << 16


class TooLarge(Exception):
    """Raised when the asset has grown beyond what a cold start should have to unpack."""


class ConsoleMissing(Exception):
    """Raised when the console was not built before."""


class PackagesMissing(Exception):
    """Raised when pip could not get the packages: the text is what it said."""


@dataclass(frozen=True)
class Target:
    """A Python, as `3.13`, and the platforms whose wheels it takes, the newest first, as pip calls them."""

    python: str
    platforms: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.python}-{self.platforms[0]}"


def manylinux(machine: str, newest_glibc: int) -> tuple[str, ...]:
    """The platforms of a Linux with glibc 2.`newest_glibc`, which takes the wheels for older ones as well."""
    return (*(f"manylinux_2_{minor}_{machine}" for minor in range(newest_glibc, 16, -1)), f"manylinux2014_{machine}")


LAMBDA = Target("3.13", manylinux("aarch64", 34))
"""Lambda's Python 3.13 on arm64: Amazon Linux 2023, whose glibc is 2.34."""


def bundle(target: Target = LAMBDA, build: Path = BUILD) -> Path:
    """The zip file for `target`, in `build`. Raises PackagesMissing, TooLarge."""
    packages = _packages(target, build)
    path = build / f"functions-{target.name}.zip"
    unfinished = build / f"{path.name}.unfinished"
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted({**_files(packages, packages.iterdir()), **_own()}.items()):
            entry = zipfile.ZipInfo(name, _OLDEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _SCRIPT if source.suffix == ".sh" else _FILE
            archive.writestr(entry, source.read_bytes())
    if (size := unfinished.stat().st_size) > LIMIT:
        raise TooLarge(f"The functions' asset has {size:,} bytes; at most {LIMIT:,} are allowed (infra/bundle.py)")
    return unfinished.replace(path)


def console(files: Path = ROOT / "console" / "dist") -> Path:
    """The folder that `make console` builds the console into. Raises ConsoleMissing."""
    if not (files / "index.html").exists():
        raise ConsoleMissing(f"The console is not built ({files} has no index.html): run `make console` first")
    return files


def _own() -> dict[str, Path]:
    """The service's own files by their names in the asset. What starts the stream is at its root, for Lambda."""
    files = _files(ROOT, (ROOT / source for source in _SOURCES))
    script = ROOT / "functions" / "stream.sh"
    return {**files, script.name: script}


def _files(root: Path, places: Iterable[Path]) -> dict[str, Path]:
    return {path.relative_to(root).as_posix(): path for place in places for path in _below(place)}


def _below(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.name not in _LEFT_OUT:
        for inner in place.iterdir():
            yield from _below(inner)


def _packages(target: Target, build: Path) -> Path:
    """The folder with the packages of requirements.txt, filled once for each content of that file."""
    pins = ROOT / "requirements.txt"
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    folder = build / f"packages-{target.name}-{digest}"
    if not folder.exists():
        unfinished = build / f"{folder.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _install(target, pins, unfinished)
        unfinished.rename(folder)
    return folder


def _install(target: Target, pins: Path, folder: Path) -> None:
    # Without dependencies, since the pins have them all: pip would choose them by this machine's own Python.
    options = ["--no-deps", "--no-compile", "--require-hashes", "--only-binary=:all:", "--implementation=cp"]
    platforms = [f"--platform={platform}" for platform in target.platforms]
    wanted = [f"--python-version={target.python}", f"--target={folder}", f"--requirement={pins}"]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(  # nosec B603 # pip, with pins of our own
        [*pip, *options, *platforms, *wanted], capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise PackagesMissing(done.stderr.strip())


if __name__ == "__main__":
    made = bundle()
    print(f"{made.relative_to(ROOT)}: {made.stat().st_size / 1e6:.1f} MB")
