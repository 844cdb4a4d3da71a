"""What moto keeps for whoever wants to look at it later: little of it here, since local mode may run for days.

moto holds on to every model that it ever made, replaced versions of items among them, and to every message that it was
given. Nothing here reads either, but for S3, which closes the files of its bodies by them.
"""

from typing import Any

from moto.core.common_models import BaseModel
from moto.ses.models import SESBackend
from moto.sns.models import Topic

from local.emulator.replacements import replace

MESSAGES = 1_000
"""Notifications of a topic, and e-mails, that can still be looked at."""


def install() -> None:
    replace(BaseModel, "__new__", lambda original: staticmethod(_new(original)))
    replace(Topic, "__init__", lambda original: _keeping_the_latest(original, "sent_notifications"))
    replace(SESBackend, "__init__", lambda original: _keeping_the_latest(original, "sent_messages"))


def _new(original: Any) -> Any:
    """moto's, without noting the model in a list of all that were ever made."""

    def new(cls: type[BaseModel], *arguments: Any, **named: Any) -> BaseModel:
        made: BaseModel
        if cls.__module__ == "moto.s3.models":
            made = original(cls, *arguments, **named)
        else:
            made = super(BaseModel, cls).__new__(cls)
        return made

    return new


class _Latest(list[Any]):
    """A list of the last things that were appended."""

    def append(self, thing: Any) -> None:
        super().append(thing)
        del self[:-MESSAGES]


def _keeping_the_latest(original: Any, name: str) -> Any:
    """moto's `__init__`, with a list of messages that does not grow for ever."""

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        setattr(self, name, _Latest())

    return init
