"""Who may do what, as the contract says it: every route of both dialects by everybody who might ask.

A row is a route. Its columns are outcomes: `ok`, or the status of the refusal. Who asks, on a workflow that `owner`, a
member of acme, published there:

    none, unknown, revoked       a request without a key, with one that never was, with one that was taken back
    other                        the admin of another workspace
    viewer, member, admin        roles in acme
    owner                        the member who published the workflow
    view, exec, edit             a user without any role, to whom the workflow's grants give this and nothing else
"""

from typing import NamedTuple

MATRIX = """
/api/v1                                           none unknown revoked other viewer member owner admin view exec edit
POST   /workflows                                  401     401     401   403    403     ok    ok    ok  403  403  403
GET    /workflows                                  401     401     401   403     ok     ok    ok    ok  403  403  403
POST   /workflows/validate                         401     401     401    ok     ok     ok    ok    ok   ok   ok   ok
GET    /workflows/{workflow_id}                    401     401     401   403     ok     ok    ok    ok   ok  403  403
PUT    /workflows/{workflow_id}                    401     401     401   403    403    403    ok    ok  403  403   ok
DELETE /workflows/{workflow_id}                    401     401     401   403    403    403    ok    ok  403  403   ok
GET    /workflows/{workflow_id}/versions           401     401     401   403     ok     ok    ok    ok   ok  403  403
GET    /workflows/{workflow_id}/permissions        401     401     401   403     ok     ok    ok    ok   ok  403  403
PUT    /workflows/{workflow_id}/permissions        401     401     401   403    403    403    ok    ok  403  403  403
POST   /workflows/{workflow_id}/execute            401     401     401   403    403     ok    ok    ok  403   ok  403
POST   /workflows/{workflow_id}/test               401     401     401   403    403     ok    ok    ok  403   ok  403
GET    /workflows/{workflow_id}/executions         401     401     401   403     ok     ok    ok    ok   ok  403  403
GET    /workflows/executions/{execution_id}        401     401     401   403     ok     ok    ok    ok   ok  403  403
POST   /workflows/executions/{execution_id}/cancel 401     401     401   403    403     ok    ok    ok  403   ok  403
GET    /workflows/executions/{execution_id}/stream 401     401     401   403     ok     ok    ok    ok   ok  403  403

/api/workspaces/{slug}                            none unknown revoked other viewer member owner admin view exec edit
POST   /workflows                                  401     401     401   403    403     ok    ok    ok  403  403  403
GET    /workflows                                  401     401     401   403     ok     ok    ok    ok  403  403  403
POST   /workflows/validate                         401     401     401   403     ok     ok    ok    ok  403  403  403
GET    /workflows/{workflow_id}                    401     401     401   403     ok     ok    ok    ok   ok  403  403
PUT    /workflows/{workflow_id}                    401     401     401   403    403    403    ok    ok  403  403   ok
DELETE /workflows/{workflow_id}                    401     401     401   403    403    403    ok    ok  403  403   ok
GET    /workflows/{workflow_id}/versions           401     401     401   403     ok     ok    ok    ok   ok  403  403
GET    /workflows/{workflow_id}/permissions        401     401     401   403     ok     ok    ok    ok   ok  403  403
PUT    /workflows/{workflow_id}/permissions        401     401     401   403    403    403    ok    ok  403  403  403
POST   /workflows/{workflow_id}/execute            401     401     401   403    403     ok    ok    ok  403   ok  403
GET    /workflows/{workflow_id}/executions         401     401     401   403     ok     ok    ok    ok   ok  403  403
GET    /workflows/{workflow_id}/history            401     401     401   403     ok     ok    ok    ok   ok  403  403
GET    /workflows/executions/{execution_id}        401     401     401   403     ok     ok    ok    ok   ok  403  403
POST   /workflows/executions/{execution_id}        401     401     401   403    403     ok    ok    ok  403   ok  403
DELETE /workflows/executions/{execution_id}        401     401     401   403    403     ok    ok    ok  403   ok  403
GET    /workflows/executions/{execution_id}/stream 401     401     401   403     ok     ok    ok    ok   ok  403  403
GET    /notifications                              401     401     401   403     ok     ok    ok    ok  403  403  403
GET    /tasks                                      401     401     401   403     ok     ok    ok    ok  403  403  403
GET    /tasks/{task_id}                            401     401     401   403     ok     ok    ok    ok  403  403  403
PATCH  /tasks/{task_id}                            401     401     401   403    403     ok    ok    ok  403  403  403

/                                                 none unknown revoked other viewer member owner admin view exec edit
GET    /openapi.json                                ok      ok      ok    ok     ok     ok    ok    ok   ok   ok   ok
"""


class Row(NamedTuple):
    """A route, and what becomes of each who asks."""

    method: str
    path: str
    outcomes: dict[str, str]

    @property
    def dialect(self) -> str:
        return "v1" if self.path.startswith("/api/v1") else "workspaces"

    @property
    def refused(self) -> list[str]:
        """Who is refused."""
        return [who for who, outcome in self.outcomes.items() if outcome != "ok"]

    @property
    def admitted(self) -> list[str]:
        """Who is not."""
        return [who for who, outcome in self.outcomes.items() if outcome == "ok"]


def rows() -> list[Row]:
    """The matrix, row by row."""
    found, base, people = [], "", list[str]()
    for first, *others in map(str.split, filter(None, MATRIX.splitlines())):
        if first.startswith("/"):
            base, people = first.rstrip("/"), others
        else:
            found.append(Row(first, base + others[0], dict(zip(people, others[1:], strict=True))))
    return found
