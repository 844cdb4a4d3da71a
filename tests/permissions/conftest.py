"""These tests read the stack's template, which the CDK makes here as it does for `tests/infra`."""

import tests.infra.conftest  # noqa: F401
