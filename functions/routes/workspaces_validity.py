"""What workspaces answers to a definition without a fault: that it is valid, and what a run of it will come to."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from functions.routes.fields import Count
from functions.routes.v1_validity import Dollars, Share

if TYPE_CHECKING:
    from functions import estimates


class _Out(BaseModel):
    model_config = ConfigDict(
        defer_build=True, from_attributes=True, alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


class Cost(_Out):
    """What one run comes to: `writes` are DynamoDB's write units, `historyShare` is of 25,000 events."""

    transitions: Count
    function_calls: Count
    writes: Count
    history_events: Count
    history_share: Share
    dollars: Dollars


class Estimate(_Out):
    """At least and at most with nothing tried again, and at most with every retry; at the list prices of `region`."""

    least: Cost
    most: Cost
    with_retries: Cost
    region: str
    prices_as_of: str


class Validity(_Out):
    """A definition without a fault: one with faults is an error."""

    valid: bool
    errors: list[Any]
    estimate: Estimate


def validity(estimate: "estimates.Estimate") -> dict[str, Any]:
    return Validity(valid=True, errors=[], estimate=Estimate.model_validate(estimate)).model_dump()
