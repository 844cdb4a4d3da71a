"""Where an execution can be streamed without a key, in either dialect: the `stream_url` that each one carries."""

from functions import tickets
from functions.auth import Caller
from functions.ids import as_prefixed, as_uuid
from functions.routes.table import STREAM_ROUTES
from functions.store.table import Item


def v1_stream_url(execution_id: str, caller: Caller) -> str | None:
    """For the caller, for a day; None where there is no streaming URL."""
    path = STREAM_ROUTES["v1"].path.format(execution_id=as_uuid(execution_id))
    return tickets.stream_url(path, execution_id, caller.user)


def workspaces_stream_url(workspace_id: str, execution_id: str, caller: Caller) -> str | None:
    """As v1's; the path names the workspace by its id, which stays when a slug is changed."""
    path = STREAM_ROUTES["workspaces"].path.format(slug=workspace_id, execution_id=as_prefixed("exec", execution_id))
    return tickets.stream_url(path, execution_id, caller.user)


def id_of(item: Item) -> str:
    """The id of the execution that a row of a list is of."""
    return str(item["pk"]).removeprefix("EXEC#")
