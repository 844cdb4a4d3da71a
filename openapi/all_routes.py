"""The whole journey."""

from collections.abc import Callable

from openapi import v1_story, workspaces_story
from openapi.journey import Exchange, Journey


def visit_all(url: str, before: Callable[[], None] = lambda: None) -> list[Exchange]:
    """Every exchange of the journey over the service at `url`, which must enforce its plans."""
    with Journey(url, before) as journey:
        journey.ask("service_get_openapi", "the document", who="nobody")
        v1_story.tell(journey)
        workspaces_story.tell(journey)
        return journey.exchanges
