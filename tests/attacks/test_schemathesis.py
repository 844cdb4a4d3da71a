"""Schemathesis finds nothing: every answer is as the OpenAPI document says, and what it forbids is refused."""

import re

from tests.attacks.schemathesis_run import SEED, attack


def test_schemathesis_finds_nothing_in_any_phase_with_any_check() -> None:
    is_clean, said = attack()
    assert is_clean, said
    assert f"Seed: {SEED}" in said
    assert re.search(r"Tested: (\d+)", said)
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert re.search(rf"✅ +{phase}", said), said
