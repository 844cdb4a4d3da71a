"""The condition of every write, and the tests that notice when it is gone."""

from tests.faults.removal import removed

ALWAYS = "(attribute_exists(pk) OR attribute_not_exists(pk))"
"""A condition that keeps nothing."""
_EXECUTIONS = "functions/store/executions.py"
_WORKFLOWS = "functions/store/workflows.py"
_MEMBERS = "functions/store/members.py"
_INBOX = "functions/store/inbox.py"
_START = "functions/start.py"
_OF_EXECUTIONS = "tests/unit/functions/store/test_executions.py"
_OF_MEMBERS = "tests/unit/functions/store/test_members.py"
_OF_INBOX = "tests/unit/functions/store/test_inbox.py"
_OF_START = "tests/unit/functions/test_start.py"
_OF_CONDITIONS = "tests/faults/test_conditions.py"


def _without(part: str) -> str:
    """The condition of an addition with a part that always holds: what it names is still named, or the request would
    be refused."""
    return f'addition.condition.replace("{part}", "({part} OR NOT ({part}))")'


def _of_commit(condition: str) -> str:
    return f"            condition={condition},\n        )\n    except"


def _of_end(condition: str) -> str:
    return f"                condition={condition},\n            ),\n            counting"


CONDITIONS = [
    removed(
        "a record is claimed once",
        _EXECUTIONS,
        'head, new = execution.item() | flight, "attribute_not_exists(pk)"',
        f'head, new = execution.item() | flight, "{ALWAYS}"',
        _OF_EXECUTIONS,
    ),
    removed(
        "a record is appended to while it runs",
        _EXECUTIONS,
        _of_commit("addition.condition"),
        _of_commit(_without("#status = :running")),
        _OF_EXECUTIONS,
    ),
    removed(
        "a step is in the log once",
        _EXECUTIONS,
        _of_commit("addition.condition"),
        _of_commit(_without("NOT contains(#log, :line)")),
        _OF_EXECUTIONS,
    ),
    removed(
        "what there is no room for is not kept",
        _EXECUTIONS,
        _of_commit("addition.condition"),
        _of_commit(_without("results_size <= :room")),
        _OF_EXECUTIONS,
    ),
    removed(
        "a record ends once",
        _EXECUTIONS,
        _of_end("addition.condition"),
        _of_end(_without("#status = :running")),
        _OF_EXECUTIONS,
    ),
    removed(
        "an end with a step that is in the log ends nothing",
        _EXECUTIONS,
        _of_end("addition.condition"),
        _of_end(_without("NOT contains(#log, :line)")),
        _OF_EXECUTIONS,
    ),
    removed(
        "an end that there is no room for ends nothing",
        _EXECUTIONS,
        _of_end("addition.condition"),
        _of_end(_without("results_size <= :room")),
        _OF_EXECUTIONS,
    ),
    removed(
        "what has landed is not put off",
        _EXECUTIONS,
        'condition="attribute_exists(in_flight)"',
        'condition="attribute_exists(pk)"',
        _OF_CONDITIONS,
    ),
    removed(
        "the first step that was staged stands",
        "functions/store/steps.py",
        'free = "attribute_not_exists(pk)"',
        f'free = "{ALWAYS}"',
        "tests/unit/functions/store/test_steps.py",
    ),
    removed(
        "an Idempotency-Key is claimed once",
        _START,
        'free = "attribute_not_exists(pk) OR expires_at < :now"',
        f'free = "{ALWAYS} OR expires_at < :now"',
        _OF_START,
    ),
    removed(
        "a task or notification is kept once",
        _INBOX,
        'table.put(place | item | listed, condition="attribute_not_exists(pk)")',
        "table.put(place | item | listed)",
        _OF_INBOX,
    ),
    removed(
        "a task that there is not is not made by a change",
        _INBOX,
        'condition="attribute_exists(pk)"',
        f'condition="{ALWAYS}"',
        _OF_INBOX,
    ),
    removed(
        "a workflow's head is made once",
        _WORKFLOWS,
        "table.putting(workflow.item(), condition=new)",
        "table.putting(workflow.item())",
        _OF_CONDITIONS,
    ),
    removed(
        "a workflow's first version is made once",
        _WORKFLOWS,
        "table.putting(keys.version(workflow.id, version.number) | version.item(), condition=new)",
        "table.putting(keys.version(workflow.id, version.number) | version.item())",
        _OF_CONDITIONS,
    ),
    removed(
        "of racing versions one moves the head",
        _WORKFLOWS,
        'condition="version = :before"',
        f'condition="(version = :before OR {ALWAYS})"',
        _OF_CONDITIONS,
    ),
    removed(
        "a version never changes",
        _WORKFLOWS,
        'keys.version(workflow.id, version.number) | version.item(), condition="attribute_not_exists(pk)"',
        "keys.version(workflow.id, version.number) | version.item()",
        _OF_CONDITIONS,
    ),
    removed(
        "a change of status makes no workflow",
        _WORKFLOWS,
        ':listing": listing(workflow.workspace_id, status)},\n        condition="attribute_exists(pk)",',
        ':listing": listing(workflow.workspace_id, status)},',
        _OF_CONDITIONS,
    ),
    removed(
        "a change of grants makes no workflow",
        _WORKFLOWS,
        'values={":grants": _plain_grants(grants), ":at": at},\n        condition="attribute_exists(pk)",',
        'values={":grants": _plain_grants(grants), ":at": at},',
        _OF_CONDITIONS,
    ),
    removed(
        "of two changes of a user none is lost",
        _MEMBERS,
        'unchanged = "revision = :read" if',
        f'unchanged = "(revision = :read OR {ALWAYS})" if',
        _OF_MEMBERS,
    ),
    removed(
        "a user is made once",
        _MEMBERS,
        'else "attribute_not_exists(pk)"',
        f'else "{ALWAYS}"',
        _OF_CONDITIONS,
    ),
    removed(
        "a user's roles go into the user's own keys",
        _MEMBERS,
        'condition="#user = :user"',
        f'condition="(#user = :user OR {ALWAYS})"',
        _OF_CONDITIONS,
    ),
    removed(
        "a workspace's slug and community are claimed once",
        "functions/store/tenants.py",
        'table.putting(place | item, condition="attribute_not_exists(pk)")',
        "table.putting(place | item)",
        "tests/unit/functions/store/test_tenants.py",
    ),
]
