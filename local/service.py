"""The whole service in one process: the servers of the API and of the streams, and the local AWS behind them."""

import errno
import socket
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from local import console
from local.function_url import FunctionUrl
from local.gateway import Backend, Gateway
from local.server import Server, listener
from local.settings import BadSetting, LocalSettings
from local.usage_plans import ApiKeys, Throttle, list_keys

if TYPE_CHECKING:
    from functions.stream import Stream
    from local.aws import LocalAws
    from local.seed import Demo


class Service:
    """Listens as soon as it is made, and answers 503 until `start` has brought up what is behind.

    Raises BadSetting where a port or the host cannot be used. As a context it is started, and in any case stopped.
    """

    demo: "Demo"
    workflow_id: str
    """Of the example workflow, as the workspaces dialect spells it."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings
        self._gateway, self._function_url = Gateway(), FunctionUrl()
        self._server = Server(self._gateway, _listen("PORT", settings.host, settings.port))
        self._stream_server = Server(self._function_url, _listen("STREAM_PORT", settings.host, settings.stream_port))
        self._aws_port = _free_port(settings.aws_port)
        self._streams: list[Stream] = []
        self._server.start()
        self._stream_server.start()
        self._aws: LocalAws | None = None

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def stream_url(self) -> str:
        """Of the streaming function."""
        return self._stream_server.url

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self._aws_port}"

    @property
    def _origins(self) -> str:
        """Those that were set, and the console's own, which calls the streaming function at another port."""
        return ",".join([*filter(None, [self._settings.allowed_origins]), *console.origins(self.url)])

    @property
    def _variables(self) -> dict[str, str]:
        """What the functions are told beside what their stack tells them."""
        return {
            "STREAM_URL": self.stream_url,
            "ALLOWED_ORIGINS": self._origins,
            "CALL_API_ALLOW": self._settings.call_api_allow,
        }

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, say: Callable[[str], None] = lambda phase: None) -> None:
        """Brings up the local AWS, fills it, and opens the gateway. `say` is told what is being done."""
        say("starting the local Step Functions")
        # Imported now, since moto takes most of the time until the gateway can answer.
        from local.aws import LocalAws

        aws = LocalAws(port=self._aws_port, variables=self._variables)
        aws.start()
        self._aws = aws
        say("publishing the example workflow")
        self._gateway.open(self._fill(aws))

    def stop(self) -> None:
        """Accept nothing more, let what is in flight end (for 5 seconds at most), then end the local AWS.

        Streams end at once: their clients connect again, and go on where they were.
        """
        for stream in self._streams:
            stream.stop()
        self._server.stop()
        self._stream_server.stop()
        if self._aws:
            self._aws.stop()

    def _fill(self, aws: "LocalAws") -> Backend:
        from functions.aws import apigateway
        from functions.deployment import DEFAULT_STACK, Deployment
        from functions.settings import settings
        from functions.stream import Stream
        from local import seed

        self.demo = seed.demo()
        aws.outputs |= {"ApiUrl": self.url, **seed.create_plans(apigateway())}
        key_ids = seed.fill(self.demo, Deployment(DEFAULT_STACK, aws.outputs))
        example = self.demo.example
        self.workflow_id = seed.publish(example, key_ids[example.key], aws.invoke)
        # Each has its own, since the servers have an event loop each.
        self._streams = [Stream(), Stream()]
        self._function_url.open(self._streams[0])
        return Backend(
            invoke=aws.invoke,
            stream=self._streams[1],
            keys=ApiKeys(partial(list_keys, apigateway())),
            throttle=Throttle() if self._settings.throttle else None,
            origins=settings().origins,
            console=console.Console(self.stream_url),
        )


def _free_port(port: int) -> int:
    """The port for moto's endpoint, which cannot say by itself that it is in use."""
    with _listen("AWS_PORT", "127.0.0.1", port) as sock:
        number: int = sock.getsockname()[1]
        return number


def _listen(variable: str, host: str, port: int) -> socket.socket:
    try:
        return listener(host, port)
    except socket.gaierror as error:
        raise BadSetting(f"HOST={host} is not an address of this machine ({error.strerror}).") from error
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise BadSetting(f"HOST={host} is not an address of this machine.") from error
        reason = (error.strerror or str(error)).lower()
        raise BadSetting(
            f"{variable}={port} cannot be used on {host}: {reason}. Set {variable} to another port."
        ) from error
