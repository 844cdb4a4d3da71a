import { useCallback } from "react";
import { useClient } from "../api/session.tsx";
import type { Workflow, WorkflowStatus } from "../api/types.ts";
import { useAnswer } from "../api/useAnswer.ts";
import { WorkflowBadge } from "../parts/Badge.tsx";
import { Field } from "../parts/Field.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Empty, Loading, Trouble } from "../parts/Notice.tsx";
import { Pager } from "../parts/Pager.tsx";
import { FIRST_ROWS, rowsAt } from "../parts/paging.ts";
import { Time } from "../parts/Time.tsx";
import { useTitle } from "../parts/useTitle.ts";
import { spoken } from "../parts/words.ts";
import { hrefOf, type Query, setQuery } from "../route.ts";

const STATUSES: WorkflowStatus[] = ["ACTIVE", "DRAFT", "INACTIVE", "ARCHIVED"];
const ROWS = 25;

export function WorkflowsPage({ slug, query }: { slug: string; query: Query }) {
    useTitle(`Workflows of ${slug}`);
    const client = useClient();
    const status = STATUSES.find((each) => each === query["status"]);
    const at = JSON.stringify(rowsAt(query, ROWS));
    const load = useCallback(
        (signal: AbortSignal) =>
            client.call("get", "/api/workspaces/{slug}/workflows", {
                path: { slug },
                query: { status, ...(JSON.parse(at) as ReturnType<typeof rowsAt>) },
                signal,
            }),
        [client, slug, status, at],
    );
    const { answer, refusal, isLoading, ask } = useAnswer(load);
    const change = (changed: Query) => setQuery({ page: "workflows", slug }, { ...query, ...changed });
    const mayCreate = answer?.permissions.canCreate ?? false;

    return (
        <>
            <div className="heading">
                <h1>Workflows</h1>
                <span className="spring" />
                <Field label="Status">
                    {(id) => (
                        <select
                            id={id}
                            value={status ?? ""}
                            onChange={(event) => change({ status: event.target.value, ...FIRST_ROWS })}
                        >
                            <option value="">All</option>
                            {STATUSES.map((each) => (
                                <option key={each} value={each}>
                                    {spoken(each)}
                                </option>
                            ))}
                        </select>
                    )}
                </Field>
                {mayCreate && (
                    <a className="button primary" href={hrefOf({ page: "new", slug })}>
                        <Icon name="plus" size={14} /> New workflow
                    </a>
                )}
            </div>
            {refusal && <Trouble refusal={refusal} again={ask} />}
            {!answer && isLoading && <Loading what="workflows" />}
            {answer && !refusal && (
                <>
                    {answer.workflows.length ? (
                        <Workflows slug={slug} workflows={answer.workflows} />
                    ) : (
                        <NoWorkflows slug={slug} isFiltered={!!status} mayCreate={mayCreate} />
                    )}
                    <Pager pagination={answer.pagination} query={query} onChange={change} what="workflows" />
                </>
            )}
        </>
    );
}

function Workflows({ slug, workflows }: { slug: string; workflows: Workflow[] }) {
    return (
        <table className="list">
            <thead>
                <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Status</th>
                    <th scope="col" className="number wide-only">
                        Version
                    </th>
                    <th scope="col" className="wide-only">
                        Owner
                    </th>
                    <th scope="col" className="wide-only">
                        Changed
                    </th>
                </tr>
            </thead>
            <tbody>
                {workflows.map((workflow) => (
                    <tr key={workflow.id}>
                        <td className="main-cell name-cell">
                            <a href={hrefOf({ page: "runs", slug, workflow: workflow.id })}>{workflow.name}</a>
                            {workflow.description && <span className="quiet clipped">{workflow.description}</span>}
                        </td>
                        <td>
                            <WorkflowBadge status={workflow.status} />
                        </td>
                        <td className="number wide-only">{workflow.version}</td>
                        <td className="wide-only">{workflow.ownerId}</td>
                        <td className="wide-only">
                            <Time at={workflow.updatedAt} short />
                        </td>
                    </tr>
                ))}
            </tbody>
        </table>
    );
}

function NoWorkflows({ slug, isFiltered, mayCreate }: { slug: string; isFiltered: boolean; mayCreate: boolean }) {
    if (isFiltered) return <Empty title="No workflow has this status">Choose another, or all.</Empty>;
    const link = (
        <a className="button primary" href={hrefOf({ page: "new", slug })}>
            <Icon name="plus" size={14} /> New workflow
        </a>
    );
    return (
        <Empty title="No workflows yet" action={mayCreate && link}>
            {mayCreate
                ? "Write the first: the page begins with an example that runs."
                : "Your key may look and run. Ask a member or an admin of the workspace to publish one."}
        </Empty>
    );
}
