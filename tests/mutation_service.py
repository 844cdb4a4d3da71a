"""A plugin for pytest where mutmut runs it: the end-to-end tests get a service in their own process.

In a process of its own the service would know no mutant. What these tests call is the same, but for their throttling.
"""

import os
from types import TracebackType
from typing import Self
from unittest.mock import patch

from tests.e2e import service


class ServiceHere:
    """What the end-to-end tests use of a `RunningService`, but for what it writes."""

    def __init__(self, **variables: str) -> None:
        self._environment = patch.dict(os.environ, {"ALLOWED_ORIGINS": service.ORIGIN, **variables})
        self._environment.start()
        # Not before: what is called at import is noted file by file of the tests.
        from local.service import Service
        from local.settings import LocalSettings

        allowed = variables.get("CALL_API_ALLOW", "")
        self._service = Service(
            LocalSettings(port=0, stream_port=0, aws_port=0, throttle=False, call_api_allow=allowed)
        )
        self._service.start()
        self.url, self.stream_url = self._service.url, self._service.stream_url
        self.example = self._service.workflow_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The fork of a mutant ends at once, with all its threads; what forks must have none.
        if "__mutmut_" not in os.environ.get("MUTANT_UNDER_TEST", ""):
            self._service.stop()
            self._environment.stop()


service.RunningService = ServiceHere  # type: ignore[assignment, misc]
