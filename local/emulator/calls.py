"""The calls that boto3 makes in this process: none of them may leave it, and none needs to say who it is."""

from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.useragent import UserAgentString
from moto.core.botocore_stubber import BotocoreStubber

from local.emulator.replacements import replace

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class CallLeftTheProcess(RuntimeError):
    """Raised in the place of a call to the real AWS, such as one by a handler that outlives the local AWS."""


def install() -> None:
    replace(BotocoreStubber, "__call__", _keep_inside)
    # boto3 spells out its user agent for every call, which is a fifth of a call that goes nowhere.
    replace(UserAgentString, "to_string", lambda original: lambda self: "local")


def _keep_inside(original: Any) -> Any:
    """What moto does not answer (it is stopped, or does not know the address) goes nowhere but to this machine."""

    def answer(self: BotocoreStubber, event_name: str, request: AWSPreparedRequest, **named: Any) -> Any:
        response = original(self, event_name, request, **named)
        if response is None and urlsplit(request.url).hostname not in _LOOPBACK:
            raise CallLeftTheProcess(f"{request.method} {request.url}")
        return response

    return answer
