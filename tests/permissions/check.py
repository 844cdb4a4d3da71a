"""The check itself: whether each role may do what it was seen to do, and nothing else."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from tests.permissions.calls import Need
from tests.permissions.patterns import like
from tests.permissions.policy import Decision, Request, Statement, evaluate, resource_matches
from tests.permissions.recording import Call
from tests.permissions.roles import ROLES, SAMPLES, Deployed

_WORD = re.compile(r"(?<=[:/])[A-Za-z_-]+(?=[:/]|$)")
"""A literal word of a resource: a kind of resource, an index, a folder."""
_ALONE = ("aws", "dynamodb", "lambda", "logs", "s3", "secretsmanager", "ses", "sns", "sqs", "states", "log-stream")
"""Words that nothing else can stand for: of partition and service, and a log group has nothing but streams."""
_KNOWN_FORMS = ("workflow", "digest", "workspace")
"""What differs from call to call and has a form that a policy's pattern can require."""


class Use(NamedTuple):
    """A call that some statement of a role's must allow."""

    call: Call
    request: Request


def uses(deployed: Deployed, calls: Iterable[Call]) -> list[Use]:
    """The calls as this stack's roles would make them."""
    return [
        Use(call, deployed.request(call.role, call.need))
        for call in calls
        if deployed.sends_email() or not call.need.action.startswith("ses:")
    ]


def refused(deployed: Deployed, calls: Iterable[Call]) -> list[str]:
    """The calls that the policy of exactly their role does not allow."""
    statements = {role: deployed.statements(role) for role in ROLES}
    return [
        f"{call.role} may not call {request.action} on {request.resource} ({decision})"
        for call, request in uses(deployed, calls)
        if (decision := _decide(deployed, statements[call.role], request)) != Decision.ALLOWED
    ]


def unused(deployed: Deployed, calls: Iterable[Call]) -> list[str]:
    """What the roles' statements allow, by action and by resource, and no call needs."""
    made = uses(deployed, calls)
    found: list[str] = []
    for role in ROLES:
        requests = [request for call, request in made if call.role == role]
        for statement in deployed.statements(role):
            found += [f"{role}, {statement.sid}: {fault}" for fault in _superfluous(statement, requests)]
    return found


def too_wide(deployed: Deployed, calls: Iterable[Call]) -> list[str]:
    """Calls that a role may make though none like it is needed: one name, word or condition is another.

    Where the actions know no resources (`*`), there is nothing else to call them on.
    """
    found: list[str] = []
    for role in ROLES:
        statements = deployed.statements(role)
        needs = {call.need for call, _ in uses(deployed, calls) if call.role == role}
        for request in (request for need in sorted(needs) for request in _neighbours(deployed, role, need)):
            if _decide(deployed, statements, request) == Decision.ALLOWED:
                found.append(
                    f"{role} may also call {request.action} on {request.resource} with {dict(request.context)}"
                )
    return found


def _neighbours(deployed: Deployed, role: str, need: Need) -> Iterator[Request]:
    """The same call with one of its names changed, or one of its resource's literal words, or one condition's value."""
    own = deployed.request(role, need)
    for name, value in sorted(deployed.names(role).items()):
        if name not in SAMPLES or name in _KNOWN_FORMS:
            request = deployed.request(role, need, **{name: _another(name, value)})
            if request.resource != own.resource:
                yield request
    for word in _WORD.finditer(need.resource):
        if word[0] not in _ALONE:
            resource = f"{need.resource[: word.start()]}another{need.resource[word.end() :]}"
            yield deployed.request(role, need._replace(resource=resource))
    for key, _ in need.conditions:
        yield replace(own, context={**own.context, key: "another"})


def _another(name: str, value: str) -> str:
    others = {"region": "eu-west-1", "account": "999999999999"}
    return others.get(name, f"{value}-another" if value.startswith("arn:") else f"another-{value}")


def _superfluous(statement: Statement, requests: Iterable[Request]) -> Iterator[str]:
    if statement.effect == "Deny" or statement.all_but:
        yield "it is a denial, or names what it is not about: no call can prove that it is needed"
        return
    met = [request for request in requests if statement.applies_to(request)]
    for action in statement.actions:
        if "*" in action or "?" in action:
            yield f"{action} is a pattern of actions: name each"
        elif not any(like(action.lower(), request.action.lower()) for request in met):
            yield f"{action} is allowed, and never called"
    for pattern in statement.resources:
        if not any(resource_matches(pattern, request.resource) for request in met):
            yield f"{pattern} is allowed, and never called on"


def _decide(deployed: Deployed, statements: Iterable[Statement], request: Request) -> Decision:
    return evaluate([*statements, *deployed.denials], request)
