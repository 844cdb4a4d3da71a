/** The head of every page of one workflow: its name, where one is, and what one may do with it. */

import type { ReactNode } from "react";
import type { Workflow } from "../api/types.ts";
import { WorkflowBadge } from "../parts/Badge.tsx";
import { hrefOf } from "../route.ts";

type PageName = "runs" | "definition" | "execute";

interface Given {
    slug: string;
    workflow: Workflow;
    page: PageName;
    children?: ReactNode;
}

export function WorkflowHead({ slug, workflow, page, children }: Given) {
    const pages: [PageName, string][] = [
        ["runs", "Runs"],
        ["definition", "Definition"],
        ...(mayStart(workflow) ? ([["execute", "Start a run"]] as [PageName, string][]) : []),
    ];
    return (
        <div className="workflow-head">
            <Crumbs slug={slug} />
            <div className="heading">
                <h1>{workflow.name}</h1>
                <WorkflowBadge status={workflow.status} />
                <span className="quiet">version {workflow.version}</span>
                <span className="spring" />
                {children}
            </div>
            {workflow.description && <p className="quiet description">{workflow.description}</p>}
            <nav className="tabs" aria-label="Pages of this workflow">
                {pages.map(([name, text]) => (
                    <a
                        key={name}
                        href={hrefOf({ page: name, slug, workflow: workflow.id })}
                        aria-current={name === page ? "page" : undefined}
                    >
                        {text}
                    </a>
                ))}
            </nav>
        </div>
    );
}

export function Crumbs({ slug, workflow }: { slug: string; workflow?: { id: string; name: string } }) {
    return (
        <nav className="crumbs" aria-label="Where you are">
            <a href={hrefOf({ page: "workflows", slug })}>Workflows</a>
            {workflow && (
                <>
                    <span aria-hidden="true">/</span>
                    <a href={hrefOf({ page: "runs", slug, workflow: workflow.id })}>{workflow.name}</a>
                </>
            )}
        </nav>
    );
}

/** What the key may not do is not offered; nor is what the workflow's status rules out. */
export function mayStart(workflow: Workflow): boolean {
    return workflow.status !== "ARCHIVED" && workflow.permissions.canExecute;
}

export function mayEdit(workflow: Workflow): boolean {
    return workflow.permissions.canEdit;
}
