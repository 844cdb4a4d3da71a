"""Events, deliveries and clocks in disorder, and crashes between two calls: each ends as the document says."""

from collections.abc import Iterator

import pytest

from tests.faults.disorder import disorders, line
from tests.faults.document import kept
from tests.faults.world import World, world


@pytest.fixture(scope="module")
def hurt() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.mark.parametrize("words", list(disorders()))
def test_it_ends_once_and_as_the_document_says(hurt: World, words: str) -> None:
    assert line(words, disorders()[words](hurt)) in kept("disorder").splitlines()
