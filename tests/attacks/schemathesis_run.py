"""Schemathesis over HTTP against a service of its own, with all of its checks:

    python -m tests.attacks.schemathesis_run                    as the tests run it
    python -m tests.attacks.schemathesis_run --whole --examples 1000

It prints its seed, and every request that it finds fault with.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.attacks.people import DEFINITION, as_uuid, sleeper
from tests.e2e.client import ACME, COMMUNITY, KEYS, Client
from tests.e2e.commands import Admin
from tests.e2e.service import ROOT, RunningService

EXAMPLES, SEED = 8, 20261122
"""Of each route and phase, and where they begin: the same in each run of the tests."""
LONGEST_SECONDS = 6 * 3600

_CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
_PEERS = """
# The second may see nothing that the first has made: the check object_level_authorization asks as both.
[auth.wfc]
path = {path}
user = "admin"
peers = ["admin", "outsider"]
"""
_SAME_BODY = """
# These take a definition, whose faults are covered one by one in the whole run only: there are some thousand of them.
[[operations]]
include-operation-id-regex = "(create|update|validate)_workflow$"
phases.coverage.enabled = false
"""


def attack(*, examples: int = EXAMPLES, seed: int = SEED, whole: bool = False) -> tuple[bool, str]:
    """Whether there was no finding, and what Schemathesis said."""
    with RunningService() as service, tempfile.TemporaryDirectory() as folder:
        configuration, keys = Path(folder, _CONFIGURATION.name), Path(folder, "keys.json")
        peers = _PEERS.format(path=json.dumps(str(keys)))
        additions = peers + ("" if whole else _SAME_BODY) + _dictionaries(service.url)
        configuration.write_text(_CONFIGURATION.read_text(encoding="utf-8") + additions, encoding="utf-8")
        keys.write_text(json.dumps({"auth": _peers(service)}), encoding="utf-8")
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run"),
                *(f"{service.url}/openapi.json", "--no-color", "--seed", str(seed), "--max-examples", str(examples)),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        failed = [record for record in service.records() if str(record.get("status")).startswith("5")]
        return ran.returncode == 0 and not failed, f"{ran.stdout}\n{failed[:20] or ''}"


def _peers(service: RunningService) -> list[Any]:
    """Acme's admin, and somebody who has no role anywhere and whom no example gives a grant."""
    run = Admin(service.aws_url)
    outsider = run.json("keys create --user outsider --tier premium --name laptop")["value"]
    values = {"admin": KEYS["admin"], "outsider": outsider}
    return [{"name": name, "fixedHeaders": [{"name": "X-API-Key", "value": value}]} for name, value in values.items()]


def _dictionaries(url: str) -> str:
    """What there is to ask for, in either spelling: some executions have ended, some only a cancel ends."""
    admin = Client(url)
    workflows = [admin.publish(**DEFINITION) for _ in range(4)]
    ended = [str(admin.run(workflow)["id"]) for workflow in workflows]
    sleeping = [sleeper(admin, workflow) for workflow in workflows for _ in range(4)]
    found: dict[str, list[Any]] = {
        "ended": [spelt for text in ended for spelt in (text, as_uuid(text))],
        "slugs": ["acme"],
        "communities": [COMMUNITY],
        "workflows": [spelt for workflow in workflows for spelt in (workflow.wf, workflow.uuid)],
        "executions": [spelt for text in ended + sleeping for spelt in (text, as_uuid(text))],
        "tasks": [task["id"] for task in admin.get(f"{ACME}/tasks").json()["tasks"]],
    }
    admin.close()
    return "".join(f"\n[dictionaries.{name}]\nvalues = {json.dumps(values)}\n" for name, values in found.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help=f"of each route and phase ({EXAMPLES})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"where they begin ({SEED})")
    parser.add_argument("--whole", action="store_true", help="cover every fault of a definition as well")
    is_clean, said = attack(**vars(parser.parse_args()))
    print(said)
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
