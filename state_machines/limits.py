"""Every limit in one place: how much there may be of what, and why. docs/workflows.md shows this table.

A limit that a workflow can pass is checked when it is published or validated, so that no run can come to it later: a
fault tells where, how much there is, and how much there may be. The rest is checked where a request or a step meets it.
"""

from typing import NamedTuple

from state_machines.errors import Fault

_STEP_FUNCTIONS = "https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
_DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"


class Limit(NamedTuple):
    """`most` of `unit` in `what`; `why` has the reason, and the page of AWS's that it follows from, if any."""

    what: str
    most: int
    unit: str
    why: str

    def fault(self, path: str, found: int, advice: str) -> Fault:
        """The fault of what has `found`, which is more."""
        return Fault(path, f"{self.what} may have at most {self.most:,} {self.unit}, not {found:,}: {advice}")


# -- the definition -------------------------------------------------------------------------------------------------

NODES = Limit("A workflow", 1_000, "nodes", "as many as a machine and a record can hold where nothing else is large")
CONNECTIONS = Limit("A workflow", 5_000, "connections", "five for each node")
DEFINITION = Limit(
    "A workflow with its defaults written out",
    380_000,
    "bytes",
    f"a version is one item of DynamoDB's, of at most 400 KB ({_DYNAMODB})",
)
ID = Limit("The id of a node, or a port", 64, "characters", "a state's name has at most 80, and some add to the id")
TYPE = Limit("A node's type", 64, "characters", "no action's name is longer")
LABEL = Limit("A node's label", 200, "characters", "for people")
NAME = Limit("A workflow's name", 200, "characters", "for people")
DESCRIPTION = Limit("A description", 10_000, "characters", "for people")
TRIGGER_TYPE = Limit("The trigger's type", 200, "characters", "every execution's record has it, and two indexes")
DEPTH = Limit("A node, or another field", 100, "levels of lists and objects", "a walk through it must come to an end")
TIMEOUT = Limit("A node's timeout", 840_000, "milliseconds", f"a function has 15 minutes in all ({_LAMBDA})")
RUN_SECONDS = Limit("An execution", 31_536_000, "seconds", f"a year ({_STEP_FUNCTIONS})")
WAIT_MS = Limit("A wait", 31_536_000_000, "milliseconds", "a year, as an execution")

# -- expressions ----------------------------------------------------------------------------------------------------

EXPRESSION = Limit("An expression, or a path", 1_000, "characters", "it is parsed whenever it is met")
PATTERN = Limit("A regular expression", 1_000, "characters", "it is compiled whenever it is met")
CONDITION_DEPTH = Limit("A condition", 20, "levels of all, any and not", "deeper ones cannot be read by people either")
EVALUATION = Limit(
    "One evaluation",
    400_000,
    "microseconds of estimated work",
    "the decisions behind an effect, or the templates of a config; a larger one fails its node",
)

# -- what a run comes to --------------------------------------------------------------------------------------------

NESTING = Limit("A branch", 20, "forks around it", "each is a machine within a machine")
BRANCHES = Limit(
    "A workflow",
    100,
    "branches that run at the same time",
    "all of them write to one record, which takes 1,000 write units a second "
    "(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html), "
    "and each is one of the account's 1,000 concurrent functions",
)
MACHINE = Limit(
    "The state machine",
    1_040_000,
    "bytes, as they are sent",
    "a request to Step Functions has at most 1 MB with its headers, and every quotation mark counts twice in it "
    f"({_STEP_FUNCTIONS})",
)
HISTORY = Limit(
    "A run, every retry counted,",
    24_999,
    "events",
    f"Step Functions fails an execution that comes to 25,000 ({_STEP_FUNCTIONS})",
)
EVENT_QUOTA = HISTORY.most + 1
"""The history events at which Step Functions gives an execution up: what an estimate's share is of."""
RECORD = Limit(
    "The record of a run, every retry counted,",
    409_600,
    "bytes",
    f"its log is one item of DynamoDB's ({_DYNAMODB})",
)
PAYLOAD = Limit(
    "What a state is given or answers", 262_144, "bytes", f"only ids and routing words travel ({_STEP_FUNCTIONS})"
)
STATE_NAME = Limit("A state's name", 80, "characters", f"it is the node's id, and what it is for ({_STEP_FUNCTIONS})")

# -- what a step keeps ----------------------------------------------------------------------------------------------

OUTPUT = Limit("The output of a step", 1_000_000, "bytes", "beyond 100,000 it is in S3; a larger one fails its step")
KEPT = Limit(
    "The results of an execution",
    8_000_000,
    "bytes",
    "outputs and logs together: a record is read as a whole; a larger one fails its execution, whatever `onError` says",
)
ANSWER = Limit(
    "An answer", 5_000_000, "bytes", f"its largest outputs become links until it fits; Lambda answers 6 MB ({_LAMBDA})"
)

# -- requests -------------------------------------------------------------------------------------------------------

BODY = Limit("The body of a request", 262_144, "bytes", "413 beyond it")
BODY_DEPTH = Limit("The body of a request", 64, "levels of lists and objects", "400 beyond it")
DIGITS = Limit(
    "A whole number", 4_000, "digits", "Python writes no more than 4,300, and sums of such numbers must stay below that"
)
GRANTS = Limit("The permissions of a workflow", 500, "grants", "they are kept in the workflow's own item")
WAITING = Limit("A request", 25, "seconds of waiting for an execution's end", "API Gateway waits 29")
DRY_RUN = Limit("A dry run", 25, "seconds", "API Gateway waits 29")

LIMITS = (
    NODES, CONNECTIONS, DEFINITION, ID, TYPE, LABEL, NAME, DESCRIPTION, TRIGGER_TYPE, DEPTH, TIMEOUT, RUN_SECONDS,
    WAIT_MS, EXPRESSION, PATTERN, CONDITION_DEPTH, EVALUATION, NESTING, BRANCHES, MACHINE, HISTORY, RECORD, PAYLOAD,
    STATE_NAME, OUTPUT, KEPT, ANSWER, BODY, BODY_DEPTH, DIGITS, GRANTS, WAITING, DRY_RUN,
)  # fmt: skip
"""In the order of the documentation."""
