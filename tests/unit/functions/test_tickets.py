"""Tickets: good for one execution, one user and one day, whatever is done to them and to the secret."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from functions import aws, clock, ids, tickets
from functions.settings import settings
from functions.tickets import CURRENT, PREVIOUS, Secrets, SecretUnreadable, TicketRefused
from local.aws import LocalAws

EXECUTION = ids.new_id()
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalAws]:
    variables = {"STREAM_URL": "https://stream.example"}
    with LocalAws(engine=False, schedule=None, variables=variables) as started:
        yield started


@pytest.fixture(autouse=True)
def _fresh(cloud: LocalAws) -> None:
    cloud.fresh()
    tickets.forget()


def rotate(secret: str) -> None:
    aws.secretsmanager().put_secret_value(SecretId=settings().ticket_secret, SecretString=secret)


def at(monkeypatch: pytest.MonkeyPatch, later: timedelta) -> None:
    moment = clock.now() + later
    monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.mark.parametrize("user", ["user_admin", "a", "", "Zoë ☃", "x.y=&#?/ z", "ü" * 200])
def test_its_holder_is_who_it_was_issued_to(user: str) -> None:
    assert tickets.holder(tickets.issue(EXECUTION, user), EXECUTION) == user


def test_it_needs_no_escape_in_a_url() -> None:
    assert set(tickets.issue(EXECUTION, "Zoë ☃ &?")) <= set(ALPHABET)


def test_it_is_good_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = tickets.issue(EXECUTION, "user_1")
    with monkeypatch.context() as patch:
        at(patch, timedelta(hours=24))
        assert tickets.holder(ticket, EXECUTION) == "user_1"
    at(monkeypatch, timedelta(hours=25, seconds=1))
    with pytest.raises(TicketRefused, match="expired"):
        tickets.holder(ticket, EXECUTION)


def test_it_is_the_same_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    issued = []
    for minutes in (1, 59, 61):
        monkeypatch.setattr(clock, "now", lambda moment=hour + timedelta(minutes=minutes): moment)
        issued.append(tickets.issue(EXECUTION, "user_1"))
    assert issued[0] == issued[1] != issued[2]


def test_another_executions_is_refused() -> None:
    with pytest.raises(TicketRefused, match="signature"):
        tickets.holder(tickets.issue(ids.new_id(), "user_1"), EXECUTION)


@given(data=st.data())
def test_whatever_is_changed_in_it_it_is_refused(data: st.DataObject) -> None:
    ticket = tickets.issue(EXECUTION, "user_1")
    place = data.draw(st.integers(0, len(ticket) - 1))
    character = data.draw(st.sampled_from(ALPHABET))
    kind = data.draw(st.sampled_from(["replace", "insert", "remove"]))
    tail = ticket[place + (kind != "insert") :]
    changed = ticket[:place] + ("" if kind == "remove" else character) + tail
    if changed != ticket:
        with pytest.raises(TicketRefused):
            tickets.holder(changed, EXECUTION)


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "1.dQ", "٣.dQ." + "x" * 43, "x" * 10_000])
def test_what_is_no_ticket_is_refused_without_asking_for_the_secret(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "_secrets", None)
    with pytest.raises(TicketRefused, match="no ticket"):
        tickets.holder(text, EXECUTION)


def test_a_rotation_breaks_none_and_the_second_one_does() -> None:
    ticket = tickets.issue(EXECUTION, "user_1")
    rotate("another secret")
    tickets.forget()
    assert tickets.holder(ticket, EXECUTION) == "user_1"
    rotate("a third secret")
    tickets.forget()
    with pytest.raises(TicketRefused):
        tickets.holder(ticket, EXECUTION)


def test_without_a_streaming_url_there_is_no_url_and_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "_secrets", None)
    with monkeypatch.context() as patch:
        patch.setenv("STREAM_URL", "")
        settings.cache_clear()
        assert tickets.stream_url("/path", EXECUTION, "user_1") is None
    settings.cache_clear()


def test_a_stream_url_is_the_path_with_a_ticket() -> None:
    url = tickets.stream_url("/path", EXECUTION, "user_1")
    assert url
    base, ticket = url.split("?ticket=")
    assert (base, tickets.holder(ticket, EXECUTION)) == ("https://stream.example/path", "user_1")


class Vault:
    """Stands in for Secrets Manager: what it holds, how often it was asked, and a clock to turn."""

    def __init__(self, current: bytes = b"first", previous: bytes | None = None) -> None:
        self.held: dict[str, bytes | None] = {CURRENT: current, PREVIOUS: previous}
        self.asked: list[str] = []
        self.is_down = False
        self.now = 1000.0

    def fetch(self, version: str) -> bytes | None:
        self.asked.append(version)
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="https://secretsmanager")
        return self.held[version]

    def rotate(self, secret: bytes) -> None:
        self.held = {CURRENT: secret, PREVIOUS: self.held[CURRENT]}


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Vault:
    vault = Vault()
    monkeypatch.setattr(tickets, "_secrets", Secrets(vault.fetch, lambda: vault.now))
    return vault


def test_the_secret_is_fetched_once_for_many_tickets(vault: Vault) -> None:
    given_out = [tickets.issue(EXECUTION, f"user_{i}") for i in range(5)]
    assert [tickets.holder(ticket, EXECUTION) for ticket in given_out] == [f"user_{i}" for i in range(5)]
    assert vault.asked == [CURRENT]


def test_a_ticket_of_a_newer_secret_is_known_at_once(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets.issue(EXECUTION, "user_1")
    vault.now += 60
    vault.rotate(b"second")
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(tickets, "_secrets", Secrets(vault.fetch))
        ticket = tickets.issue(EXECUTION, "user_1")
    assert tickets.holder(ticket, EXECUTION) == "user_1"


def test_forged_tickets_have_the_secret_fetched_no_more_than_every_few_seconds(vault: Vault) -> None:
    forged = tickets.issue(ids.new_id(), "user_1")
    vault.asked.clear()
    for _ in range(50):
        vault.now += 0.1
        with pytest.raises(TicketRefused):
            tickets.holder(forged, EXECUTION)
    assert len(vault.asked) <= 5


def test_an_old_secret_is_fetched_anew_so_that_nobody_signs_with_it_for_long(vault: Vault) -> None:
    tickets.issue(EXECUTION, "user_1")
    vault.rotate(b"second")
    vault.now += 601
    tickets.issue(EXECUTION, "user_1")
    assert vault.asked == [CURRENT, CURRENT]


def test_while_it_cannot_be_fetched_what_was_fetched_before_serves(vault: Vault) -> None:
    ticket = tickets.issue(EXECUTION, "user_1")
    vault.is_down = True
    vault.now += 700
    assert tickets.holder(ticket, EXECUTION) == "user_1"
    assert tickets.issue(EXECUTION, "user_1")


@pytest.mark.parametrize("state", ["down", "empty"])
def test_without_a_secret_nothing_is_signed_and_what_asked_for_it_is_answered_without(vault: Vault, state: str) -> None:
    vault.is_down = state == "down"
    vault.held[CURRENT] = b""
    assert tickets.stream_url("/path", EXECUTION, "user_1") is None
    with pytest.raises(SecretUnreadable):
        tickets.issue(EXECUTION, "user_1")


def test_a_failure_is_not_repeated_by_every_request(vault: Vault) -> None:
    vault.is_down = True
    for _ in range(20):
        assert tickets.stream_url("/path", EXECUTION, "user_1") is None
    assert len(vault.asked) == 1
    vault.is_down = False
    vault.now += 4
    assert tickets.stream_url("/path", EXECUTION, "user_1")


def test_nothing_is_verified_with_an_empty_secret(vault: Vault) -> None:
    ticket = tickets.issue(EXECUTION, "user_1").rpartition(".")[0]
    forged = f"{ticket}.{tickets._signature(b'', EXECUTION, ticket)}"
    vault.rotate(b"")
    tickets.forget()
    with pytest.raises(TicketRefused):
        tickets.holder(forged, EXECUTION)
