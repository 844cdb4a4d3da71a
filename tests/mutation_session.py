"""A plugin for pytest where mutmut runs it: in a fork of a process that has run the whole suite before.

What such a fork has inherited was made by the code as it was, and would hide what a mutant does:

- a function that keeps its results goes on giving those, so they are let go of;
- what was called when a module was imported is not called again, so such a mutant imports everything anew. Which
  functions these are is noted while mutmut notes which tests call which function.

A mutant has some seconds. Those tests come first that are its module's own, then the quickest; when the time is
over, none begins any more.

Hypothesis tries the same examples for each mutant, and makes none that fails smaller, since nobody reads it. How long
one takes says nothing while other mutants run, and while calls are noted: by the clock of the process it is nothing.
"""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, settings
from mutmut.state import state

from tests import mutation

AT_IMPORT = Path("at-import.json")
LANGUAGE, SERVICE = "tests/unit/state_machines/", "tests/e2e/"
HANDLERS = ("tests/integration/", "tests/faults/", "tests/limits/")
SERVED = ("functions.api.", "functions.routes.", "functions.gateway.")
SECONDS = float(os.environ.get("MUTANT_SECONDS", "10"))
"""For the tests of one mutant, from the first one's end on: most that notice one do so in the first second. Those
that survived are tried again for longer."""
PACKAGES = ("benchmarks", "functions", "infra", "local", "openapi", "state_machines", "tests")

settings.register_profile(
    "mutation",
    phases=(Phase.explicit, Phase.generate),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("mutation")
time.process_time = float


class Called(set[str]):
    """The functions that a test has called; threads of the service may call more while one looks at them."""

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(super().__iter__()))


_until = [float("inf")]
_at_import_of: defaultdict[Path, set[str]] = defaultdict(set)


def pytest_sessionstart() -> None:
    state()._stats = Called()
    _until[0] = float("inf")
    if _mutated() in _at_import():
        for module in _modules():
            del sys.modules[module.__name__]
    _let_go_of_results()
    if audit := sys.modules.get("functions.audit"):
        for handler in audit.logger.handlers:
            handler.stream = sys.stdout  # That of the session before is closed.


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    before, state()._stats = state()._stats, Called()
    try:
        return (yield)
    finally:
        _at_import_of[collector.path] |= state()._stats
        state()._stats = before


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Passes over a test for which there is no time left."""
    return True if _is_tried() and time.monotonic() > _until[0] else None


def pytest_runtest_logfinish() -> None:
    _until[0] = min(_until[0], time.monotonic() + SECONDS)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """mutmut reads what there is to try when it knows which tests there are."""
    if _mutated() in ("stats", "list_all_tests"):
        mutation.draw(mutation.sample_size(), Path())


def pytest_collection_finish() -> None:
    if found := set().union(*_at_import_of.values()):
        AT_IMPORT.write_text(json.dumps(sorted(found | _at_import())))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the tests that are worth their time, or only possible, for this mutant.

    The quickest of all comes first, and then the others of its module, so that each module is set up once; those of
    the whole service come last, since it lasts until the end.
    """
    if _is_tried():
        left_out = [item for item in items if not _is_worth_trying(item.nodeid)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    order: dict[Path, int] = {}
    module = _module_of(_mutated())
    own = {f"test_{module.rpartition('.')[2]}.py", *mutation.OWN.get(module, ())}
    items.sort(key=lambda item: (item.path.name not in own, order.setdefault(item.path, len(order))))
    items.sort(key=lambda item: item.nodeid.startswith(SERVICE))


def _is_worth_trying(test: str) -> bool:
    """The language has tests of its own, and the routes need the whole service.

    The local AWS changes moto when it is imported, which it can do only once in a process.
    """
    if _mutated().startswith("state_machines."):
        return test.startswith(LANGUAGE)
    if _mutated() in _at_import():
        return not test.startswith((SERVICE, *HANDLERS))
    return not test.startswith(SERVICE) or _mutated().startswith(SERVED)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Each test calls for itself what others have called before it."""
    if _mutated() == "stats":
        _let_go_of_results()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """What a module called at its import counts for each test of it, and for those that call anything else of it."""
    if _mutated() == "stats":
        called = state()._stats
        modules = {_module_of(name) for name in called}
        called.update(_at_import_of[item.path], (name for name in _at_import() if _module_of(name) in modules))


def _let_go_of_results() -> None:
    """Of all but the clients, which a module's tests share."""
    for module in _modules():
        if module.__name__ != "functions.aws":
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def _at_import() -> set[str]:
    return set(json.loads(AT_IMPORT.read_text())) if AT_IMPORT.exists() else set()


def _mutated() -> str:
    """The function whose mutant this session tries; `stats` where mutmut notes who calls what."""
    return os.environ.get("MUTANT_UNDER_TEST", "").partition("__mutmut_")[0]


def _is_tried() -> bool:
    """Whether this session tries a mutant, and is none in which mutmut looks around."""
    return _mutated() not in ("", "stats", "fail", "list_all_tests")


def _module_of(function: str) -> str:
    return function.rpartition(".")[0]


def _modules() -> list[ModuleType]:
    return [m for name, m in sys.modules.items() if name.split(".")[0] in PACKAGES and name != __name__]
