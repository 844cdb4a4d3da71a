"""Why an action failed.

```
ActionFailed
├── ConfigInvalid        the config, templates resolved, is not what the action takes
├── ActionTimeout        not finished within the node's timeout
├── ActionExited         the action tried to end the process
├── OutputInvalid        what the action returned is not a JSON object
├── OutputTooLarge       … or it is one, but over the limit
├── ServiceFailed        an AWS service that the action needs refused or did not answer
└── CallFailed           `call_api` got no answer that it may pass on
    ├── AddressNotAllowed    the host leads to an address that is not public
    ├── ConnectFailed        no connection: unknown name, refused, certificate
    ├── RedirectNotAllowed   too many, to http from https, or not to http(s) at all
    ├── ResponseUnreadable   the connection broke, or what came is not HTTP
    ├── ResponseTooLarge     the body is over the limit
    └── HttpStatusError      an answer, but not a 2xx one
```

The class's name is the error's name in Step Functions (Retry and Catch see it) and in the step's record. The message is
a sentence that clients may read: no value of the config, no address and no path or query of a URL, since any of these
may hold a secret.
"""


class ActionFailed(Exception):
    """The base of every failure that an action reports. A custom action may raise it, or a subclass of its own."""


class ConfigInvalid(ActionFailed):
    """Raised when the config, with its templates resolved, does not fit the action's model."""


class ActionTimeout(ActionFailed):
    """Raised when an action has not finished by its deadline."""


class ActionExited(ActionFailed):
    """Raised when an action calls `sys.exit()` or the like, which must not end the function that runs it."""


class OutputInvalid(ActionFailed):
    """Raised when an action returns what JSON cannot carry: other types, NaN, other keys than strings."""


class OutputTooLarge(ActionFailed):
    """Raised when an action's output, as JSON, has more bytes than a step may keep."""


class ServiceFailed(ActionFailed):
    """Raised when an AWS service refuses an action's request or cannot be reached."""


class CallFailed(ActionFailed):
    """The base of what `call_api` raises."""


class AddressNotAllowed(CallFailed):
    """Raised when a host resolves to any address that is not globally routable unicast."""


class ConnectFailed(CallFailed):
    """Raised when a name does not resolve, no address accepts a connection, or TLS is refused."""


class RedirectNotAllowed(CallFailed):
    """Raised when following a redirect would be unsafe or endless."""


class ResponseUnreadable(CallFailed):
    """Raised when the connection breaks before the answer's end, or the answer is not HTTP."""


class ResponseTooLarge(CallFailed):
    """Raised when the answer's body, decompressed, has more bytes than `call_api` reads."""


class HttpStatusError(CallFailed):
    """Raised when the final answer's status is not 2xx; `status` is that status."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status
