"""`python -m tests.attacks.canary <folder>`: whether the canaries of a whole run stayed where they belong.

A canary is a secret that the tests use as any other, or a payload that no log may show. Where the environment names a
folder in CANARY, every process of a run looks for all of them in whatever it writes (`watching`), and notes in that
folder what it found, and how much it has looked through. This looks through what is left in files, and sums up.
"""

import base64
import html
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

SECRET = 'tok/en "kv-zq3xk ß'
"""The value of the secret that workflows of the tests use. It is in Secrets Manager, and where a workflow sends it."""

PAYLOAD = "payload-9c1e-no-log-may-show-me"
"""What users send: it may be in records and answers, and in no log and no machine."""

LOG, MACHINE, STORE, ANSWER, FILE = "log", "machine", "store", "answer", "file"
"""Where the tests look."""

WATCHED = (LOG, MACHINE, STORE, ANSWER)
"""The places that a run of the whole suite must have looked at."""

_SHORTEST = 8
"""Characters of Base64 that say something: the edges depend on what is around."""


class Canary(NamedTuple):
    """A text, and the places that must not have it in any form."""

    name: str
    text: str
    places: frozenset[str]


SECRET_CANARY = Canary("the secret", SECRET, frozenset((LOG, MACHINE, STORE, ANSWER, FILE)))
PAYLOAD_CANARY = Canary("the payload", PAYLOAD, frozenset((LOG, MACHINE)))


class Finding(NamedTuple):
    """A canary where it must not be."""

    canary: str
    place: str
    around: str


@lru_cache(maxsize=4096)
def forms_of(text: str) -> frozenset[bytes]:
    """The bytes by which a text can be recognised, however it was encoded on its way, even twice."""
    return encodings_of(text) | frozenset(_in_base64(text.encode())) | {text.encode("utf-16-le")}


def encodings_of(text: str) -> frozenset[bytes]:
    """What tools make of a text to hand it on, but for Base64."""
    escaped = {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    escaped |= {json.dumps(one)[1:-1] for one in escaped} | {html.escape(text), repr(text)[1:-1]}
    escaped |= {quote(text), quote(text, safe=""), quote_plus(text), quote(quote(text, safe=""), safe="")}
    escaped |= {one.replace("%2F", "%2f").replace("%C3%9F", "%c3%9f") for one in escaped}
    octets = text.encode()
    escaped |= {octets.hex(), octets.hex().upper()}
    return frozenset(one.encode() for one in escaped)


def _in_base64(octets: bytes) -> Iterator[bytes]:
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # Two or three characters at either end may belong to a neighbour's bytes, too.
            inner = encode(b"?" * before + octets + b"?" * 3)[4 if before else 0 : -8]
            if len(inner) >= _SHORTEST:
                yield inner


def found_in(data: bytes, place: str, canaries: Iterable[Canary]) -> list[Finding]:
    """Every canary that is in `data` and must not be in that place."""
    found = []
    for canary in canaries:
        if place in canary.places and (form := next((form for form in forms_of(canary.text) if form in data), None)):
            start = data.index(form)
            found.append(Finding(canary.name, place, repr(data[max(0, start - 80) : start + len(form) + 20])))
    return found


class Notes:
    """What one process found and looked through, as lines of a file in the folder."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._noted: set[tuple[str, str]] = set()

    def found(self, finding: Finding, when: str) -> None:
        # One canary at one place is told once a process: there may be thousands.
        if (finding.canary, finding.place) not in self._noted:
            self._noted.add((finding.canary, finding.place))
            self._write({**finding._asdict(), "when": when})

    def looked(self, counts: Counter[str]) -> None:
        self._write({"looked": dict(counts)})

    def _write(self, line: object) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(line) + "\n")


def read_notes(folder: Path) -> tuple[list[dict[str, str]], Counter[str]]:
    """What the processes of a run found, and how many texts they looked through in each place."""
    lines = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    looked = Counter[str]()
    for line in lines:
        looked.update(line.get("looked", {}))
    return [line for line in lines if "canary" in line], looked


def found_in_files(folders: Iterable[Path], canaries: Iterable[Canary]) -> Iterator[Finding]:
    """The canaries in the files below some folders."""
    listed = list(canaries)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                for finding in found_in(path.read_bytes(), FILE, listed):
                    yield finding._replace(place=str(path))


def main(folder: Path, left: Iterable[Path]) -> int:
    """Answers the exit code: 1 where a canary was found, or where nothing was looked through."""
    findings, looked = read_notes(folder)
    faults = [f"{one['canary']} is in a {one['place']}, seen in {one['when']}: {one['around']}" for one in findings]
    faults += [f"{one.canary} is in {one.place}: {one.around}" for one in found_in_files(left, [SECRET_CANARY])]
    faults += [f"nothing was looked through in any {place}" for place in WATCHED if not looked[place]]
    print(
        "\n".join(faults) or "The canaries are nowhere: " + ", ".join(f"{looked[name]:,} {name}s" for name in WATCHED)
    )
    return 1 if faults else 0


if __name__ == "__main__":
    build = Path(sys.argv[1])
    sys.exit(main(build, [path for path in build.parent.iterdir() if path.name not in (build.name, "venv")]))
