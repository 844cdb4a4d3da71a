"""What v1 answers to a definition without a fault: that it is valid, and what a run of it will come to."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from functions.routes.fields import Count

if TYPE_CHECKING:
    from functions import estimates

Dollars = Annotated[int | float, Field(json_schema_extra={"minimum": 0})]
Share = Dollars


class _Out(BaseModel):
    model_config = ConfigDict(defer_build=True, from_attributes=True)


class Cost(_Out):
    """What one run comes to: `writes` are DynamoDB's write units, `history_share` is of 25,000 events."""

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


def validity(estimate: "estimates.Estimate") -> Validity:
    return Validity(valid=True, errors=[], estimate=Estimate.model_validate(estimate))
