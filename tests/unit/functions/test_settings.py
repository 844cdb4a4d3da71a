"""The settings: read once from the environment."""

from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from functions.entries import STREAM
from functions.settings import settings


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TABLE_NAME", "workflows")
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_each_setting_is_the_variable_of_its_name_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "30")
    assert (settings().table_name, settings().retention_days) == ("workflows", 30)


def test_what_is_not_set_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RETENTION_DAYS", raising=False)
    assert (settings().retention_days, settings().call_api_allow) == (90, "")
    assert (settings().stream_url, settings().stream_seconds) == ("", 300)


def test_the_environment_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings()
    monkeypatch.setenv("TABLE_NAME", "another")
    assert settings() is before


def test_origins_and_hosts_are_lists_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://a.example, https://b.example,")
    monkeypatch.setenv("CALL_API_ALLOW", "localhost:8080")
    assert settings().origins == ("https://a.example", "https://b.example")
    assert settings().reachable == {"localhost:8080"}


def test_a_missing_table_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_NAME")
    with pytest.raises(ValidationError, match="table_name"):
        settings()


def test_nothing_is_kept_for_no_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETENTION_DAYS", "0")
    with pytest.raises(ValidationError, match="retention_days"):
        settings()


@pytest.mark.parametrize("seconds", ["0", "-1", str(STREAM.timeout), "soon"])
def test_a_stream_ends_before_its_function_must(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("STREAM_SECONDS", seconds)
    with pytest.raises(ValidationError, match="stream_seconds"):
        settings()
