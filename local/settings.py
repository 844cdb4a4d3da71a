"""What the user may set for the local service. What the functions are told is in `functions/settings.py`."""

from collections.abc import Mapping
from dataclasses import dataclass


class BadSetting(Exception):
    """Raised when a variable has a value that cannot be meant; the text names the variable."""


@dataclass(frozen=True, kw_only=True)
class LocalSettings:
    """Each field is the environment variable of its name in capitals. Port 0 lets the system choose one."""

    host: str = "127.0.0.1"
    port: int = 8000
    stream_port: int = 8001
    aws_port: int = 8002
    throttle: bool = True
    allowed_origins: str = ""
    """Comma-separated origins that browsers may call from, beside the console's."""
    call_api_allow: str = ""
    """Comma-separated `host:port` that `call_api` may reach although the address is private."""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "LocalSettings":
        """The settings of this environment; an empty variable counts as absent. Raises BadSetting."""
        given = {name: value for name, value in environment.items() if value}
        return cls(
            host=given.get("HOST", cls.host),
            port=_port("PORT", given.get("PORT", str(cls.port))),
            stream_port=_port("STREAM_PORT", given.get("STREAM_PORT", str(cls.stream_port))),
            aws_port=_port("AWS_PORT", given.get("AWS_PORT", str(cls.aws_port))),
            throttle=_switch("THROTTLE", given.get("THROTTLE", "on")),
            allowed_origins=given.get("ALLOWED_ORIGINS", cls.allowed_origins),
            call_api_allow=given.get("CALL_API_ALLOW", cls.call_api_allow),
        )


def _port(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise BadSetting(f"{name} must be a port number from 0 to 65535, not {text!r}.")
    return int(text)


def _switch(name: str, text: str) -> bool:
    if text not in ("on", "off"):
        raise BadSetting(f"{name} must be on or off, not {text!r}.")
    return text == "on"
