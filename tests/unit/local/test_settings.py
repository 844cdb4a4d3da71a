import pytest

from local.settings import BadSetting, LocalSettings


def test_everything_has_a_default() -> None:
    assert LocalSettings.of({}) == LocalSettings(
        host="127.0.0.1", port=8000, stream_port=8001, aws_port=8002, throttle=True
    )


def test_addresses_that_call_api_may_reach_are_read() -> None:
    assert LocalSettings.of({"CALL_API_ALLOW": "127.0.0.1:9000"}).call_api_allow == "127.0.0.1:9000"


def test_an_empty_variable_counts_as_absent() -> None:
    assert LocalSettings.of({"PORT": "", "THROTTLE": ""}) == LocalSettings()


def test_each_variable_is_read() -> None:
    given = {"HOST": "0.0.0.0", "PORT": "1", "STREAM_PORT": "2", "AWS_PORT": "3", "THROTTLE": "off"}
    assert LocalSettings.of(given) == LocalSettings(host="0.0.0.0", port=1, stream_port=2, aws_port=3, throttle=False)


@pytest.mark.parametrize("value", ["http", "-1", "65536", "8000.0", "٨", " "])
@pytest.mark.parametrize("name", ["PORT", "STREAM_PORT", "AWS_PORT"])
def test_a_bad_port_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name} must be a port number"):
        LocalSettings.of({name: value})


def test_a_switch_is_on_or_off() -> None:
    with pytest.raises(BadSetting, match=r"^THROTTLE must be on or off, not 'no'\.$"):
        LocalSettings.of({"THROTTLE": "no"})
