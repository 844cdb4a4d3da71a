"""What is kept in memory."""

from functions.store.recent import Recent


def test_the_last_values_are_kept_and_the_first_are_let_go() -> None:
    recent: Recent[str, int] = Recent(2)
    for number, name in enumerate("abc"):
        recent.keep(name, number)
    assert [recent.find(name) for name in "abc"] == [None, 1, 2]


def test_a_value_kept_again_is_the_new_one_and_drives_nothing_out() -> None:
    recent: Recent[str, int] = Recent(2)
    for number, name in enumerate("abb"):
        recent.keep(name, number)
    assert [recent.find(name) for name in "ab"] == [0, 2]
