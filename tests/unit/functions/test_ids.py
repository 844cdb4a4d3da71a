"""Ids: one id in every spelling."""

import time

import pytest

from functions import ids

HEX = "0192f0c1d2e37a4b8c5d6e7f80912a3b"
UUID = "0192f0c1-d2e3-7a4b-8c5d-6e7f80912a3b"


def test_a_new_id_is_a_uuid_of_version_7_of_this_moment() -> None:
    new = ids.as_uuid(ids.new_id())
    assert (new[14], new[19] in "89ab") == ("7", True)
    assert abs(int(new.replace("-", "")[:12], 16) - time.time() * 1000) < 1000


def test_ids_sort_by_the_time_at_which_they_were_made() -> None:
    made = []
    for _ in range(5):
        made.append(ids.new_id())
        time.sleep(0.002)
    assert made == sorted(made)


def test_no_two_ids_of_one_moment_are_the_same() -> None:
    assert len({ids.new_id() for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize("spelling", [HEX, UUID, UUID.upper(), f"wf_{HEX}", f"WF_{HEX.upper()}"])
def test_every_spelling_of_an_id_is_read_as_the_same(spelling: str) -> None:
    assert ids.read_id(spelling, "wf") == HEX


@pytest.mark.parametrize(
    "spelling",
    [
        "",
        "nope",
        HEX[:-1],
        f"{HEX}0",
        f"exec_{HEX}",
        f"wf_{UUID}",
        f"_{HEX}",
        f"{HEX}\n",
        UUID[:-1],
        "g" * 32,
        "\N{ARABIC-INDIC DIGIT ZERO}" * 32,
    ],
)
def test_what_cannot_be_an_id_of_that_kind_is_none(spelling: str) -> None:
    assert ids.read_id(spelling, "wf") is None


def test_both_dialects_spellings_lead_back_to_the_id() -> None:
    assert ids.read_id(ids.as_prefixed("exec", HEX), "exec") == ids.read_id(ids.as_uuid(HEX), "exec") == HEX
