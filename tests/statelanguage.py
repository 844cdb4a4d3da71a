"""Whether a dict is a state machine that Step Functions takes, and that cannot lose its way.

The shape is checked against the schema that cfn-lint publishes for its rule E3601. What a schema cannot say is checked
here: where transitions lead, what is never reached, what never ends. The local emulator checks none of it.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from jsonschema import Draft201909Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

# A state, or a region: what has StartAt and States, which are the machine, a branch of a Parallel, the body of a Map.
Node = Mapping[str, Any]

_SCHEMA = "cfnlint/data/schemas/other/step_functions/statemachine.json"
_LONGEST_NAME = 80
_LARGEST_DEFINITION = 1_048_576


def assert_valid(asl: Node) -> None:
    """Fail with every fault of the machine, one a line, each with its place.

    Where the environment names a folder in ASL_DUMP, a valid machine is also written there, for a second validator.
    """
    faults = [*_faults_of_shape(asl)] or [*_faults_of_structure(asl)]
    assert not faults, "not a valid state machine:\n" + "\n".join(faults)
    if folder := os.environ.get("ASL_DUMP"):
        _dump(asl, Path(folder))


def _faults_of_shape(asl: Node) -> Iterator[str]:
    for error in _validator().iter_errors(asl):
        yield f"{error.json_path}: {error.message}"


def _faults_of_structure(asl: Node) -> Iterator[str]:
    """Faults of a machine whose shape is right."""
    regions = dict(_regions(asl))
    yield from _faults_of_size(asl)
    yield from _faults_of_names(regions)
    for place, region in regions.items():
        yield from _faults_of_targets(place, region)
        yield from _faults_of_flow(place, region)
        yield from _faults_of_handlers(place, region)


def _regions(region: Node, place: str = "$") -> Iterator[tuple[str, Node]]:
    yield place, region
    for name, state in region["States"].items():
        bodies = {f"Branches[{i}]": branch for i, branch in enumerate(state.get("Branches", ()))}
        bodies |= {key: state[key] for key in ("ItemProcessor", "Iterator") if key in state}
        for key, body in bodies.items():
            yield from _regions(body, f"{place}.States.{name}.{key}")


def _faults_of_size(asl: Node) -> Iterator[str]:
    size = len(json.dumps(asl).encode())
    if size > _LARGEST_DEFINITION:
        yield f"$: {size} bytes are more than {_LARGEST_DEFINITION}"


def _faults_of_names(regions: Mapping[str, Node]) -> Iterator[str]:
    """A name is unique in the whole machine, not only in its region, so that the history can be read by it."""
    first_seen: dict[str, str] = {}
    for place, region in regions.items():
        for name in region["States"]:
            if len(name) > _LONGEST_NAME:
                yield f"{place}.States.{name}: its name is longer than {_LONGEST_NAME} characters"
            if first_seen.setdefault(name, place) != place:
                yield f"{place}.States.{name}: the name is also used in {first_seen[name]}"


def _faults_of_targets(place: str, region: Node) -> Iterator[str]:
    if region["StartAt"] not in region["States"]:
        yield f"{place}.StartAt: there is no state '{region['StartAt']}' here"
    for name, state in region["States"].items():
        for target in _targets(state):
            if target not in region["States"]:
                yield f"{place}.States.{name}: there is no state '{target}' here"


def _faults_of_flow(place: str, region: Node) -> Iterator[str]:
    ways = {name: set(_targets(state)) for name, state in region["States"].items()}
    back: dict[str, set[str]] = {name: set() for name in ways}
    for name, targets in ways.items():
        for target in targets & back.keys():
            back[target].add(name)
    ends = [name for name, state in region["States"].items() if _ends(state)]
    if not ends:
        yield f"{place}: no state ends it"
    for name in ways.keys() - _reach([region["StartAt"]], ways):
        yield f"{place}.States.{name}: it is never reached"
    for name in ways.keys() - _reach(ends, back):
        yield f"{place}.States.{name}: it never comes to an end"


def _reach(starts: Iterable[str], ways: Mapping[str, Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(ways.get(name, ()))
    return seen


def _targets(state: Node) -> Iterator[str]:
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (rule["Next"] for key in ("Choices", "Catch") for rule in state.get(key, ()))


def _ends(state: Node) -> bool:
    return state.get("End") is True or state["Type"] in ("Succeed", "Fail")


def _faults_of_handlers(place: str, region: Node) -> Iterator[str]:
    """States.ALL has to stand alone, in the last retrier or catcher (CreateStateMachine refuses it elsewhere)."""
    for name, state in region["States"].items():
        for key in ("Retry", "Catch"):
            handlers = [handler["ErrorEquals"] for handler in state.get(key, ())]
            if any("States.ALL" in errors for errors in handlers[:-1]):
                yield f"{place}.States.{name}.{key}: States.ALL is not the last"
            if any("States.ALL" in errors and len(errors) > 1 for errors in handlers):
                yield f"{place}.States.{name}.{key}: States.ALL does not stand alone"


@lru_cache(maxsize=1)
def _validator() -> Validator:
    """The schema as plain JSON Schema: five times as fast as through cfn-lint, whose import also takes a second.

    cfn-lint reads `#/` as the whole document, which JSON Schema writes `#`, and applies what stands beside a `$ref`,
    as JSON Schema does from its draft 2019-09.
    """
    text = Path(str(distribution("cfn-lint").locate_file(_SCHEMA))).read_text(encoding="utf-8")
    schema = json.loads(text.replace('"$ref": "#/"', '"$ref": "#"'))
    with_own_keyword = extend(Draft201909Validator, {"requiredXor": _exactly_one})  # type: ignore[no-untyped-call]
    validator: Validator = with_own_keyword(schema)
    return validator


def _exactly_one(_: Validator, names: list[str], instance: object, __: object) -> Iterator[ValidationError]:
    """cfn-lint's own keyword."""
    if isinstance(instance, dict):
        present = [name for name in names if name in instance]
        if len(present) != 1:
            yield ValidationError(f"has {' and '.join(present) or 'none'} where it needs exactly one of {names}")


def _dump(asl: Node, folder: Path) -> None:
    text = json.dumps(asl, indent=2)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{sha256(text.encode()).hexdigest()[:16]}.asl.json").write_text(text, encoding="utf-8")
