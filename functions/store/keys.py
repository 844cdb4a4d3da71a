"""The keys of every kind of item in the table.

WORKSPACE#<slug>      META                a workspace; the same item at WORKSPACE_ID#<id> and COMMUNITY#<number>
WORKSPACE_ID#<id>     MEMBER#<user>       a member of the workspace: the user and the role
USER#<user>           META                a user: the roles that count, the ids of the user's keys,
                                          and which attempt at a key of each name is the last
KEY#<key id>          META                an API key: its user, tier, name, a copy of the user's roles
WF#<workflow>         META                a workflow's head, with its grants
                      CURRENT             a copy of its current version
                      V#000001            a version, never changed
                      STATS#2026-11-22    counters of the executions started that day
EXEC#<execution>      META                an execution's head: status, times, `started`, `log`, `timers`,
                                          and what is small of the rest
                      INPUT               what it was started with, where that is not small
                      STEP#<node>#<n>     what one Task came to, where that is not small: its result
                                          and those of the decisions behind it
                      OUT#<node>#<n>      the body of that step where it has more than 4 KB
IDEM#<wf>#<user>#<h>  META                an Idempotency-Key, and the execution that it made
NOTE#<workspace>      <notification>      a notification
TASK#<workspace>      <task>              a task
"""

Key = dict[str, str]

META = "META"
CURRENT = "CURRENT"
INPUT = "INPUT"

WORKSPACES = "WORKSPACE"
KEYS = "KEY"
"""The partitions of the listing for all workspaces and for all keys."""


def key(pk: str, sk: str = META) -> Key:
    """A table key."""
    return {"pk": pk, "sk": sk}


def workspace_by_slug(slug: str) -> Key:
    return key(f"WORKSPACE#{slug}")


def workspace_by_id(workspace_id: str) -> Key:
    return key(f"WORKSPACE_ID#{workspace_id}")


def workspace_by_community(community_id: int) -> Key:
    return key(f"COMMUNITY#{community_id}")


def member(workspace_id: str, user: str) -> Key:
    return key(f"WORKSPACE_ID#{workspace_id}", f"MEMBER#{user}")


def user(user: str) -> Key:
    return key(f"USER#{user}")


def api_key(key_id: str) -> Key:
    return key(f"KEY#{key_id}")


def workflow(workflow_id: str, sk: str = META) -> Key:
    return key(f"WF#{workflow_id}", sk)


def version(workflow_id: str, number: int) -> Key:
    return key(f"WF#{workflow_id}", f"V#{number:06d}")


def day(workflow_id: str, date: str) -> Key:
    return key(f"WF#{workflow_id}", f"STATS#{date}")


def execution(execution_id: str, sk: str = META) -> Key:
    return key(f"EXEC#{execution_id}", sk)


def step(execution_id: str, leader: str) -> Key:
    return key(f"EXEC#{execution_id}", f"STEP#{leader}")


def body(execution_id: str, leader: str) -> Key:
    return key(f"EXEC#{execution_id}", f"OUT#{leader}")


def idempotency(workflow_id: str, user: str, digest: str) -> Key:
    return key(f"IDEM#{workflow_id}#{user}#{digest}")


def notification(workspace_id: str, notification_id: str) -> Key:
    return key(f"NOTE#{workspace_id}", notification_id)


def task(workspace_id: str, task_id: str) -> Key:
    return key(f"TASK#{workspace_id}", task_id)


def executions_of(workflow_id: str, status: str, is_test: bool) -> str:
    """The partition of the execution indexes for one workflow and status, tests apart."""
    return f"WF#{workflow_id}#{status}" + ("#TEST" if is_test else "")
