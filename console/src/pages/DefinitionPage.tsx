import { type ReactNode, useCallback, useMemo, useState } from "react";
import type { Refusal } from "../api/client.ts";
import { useClient } from "../api/session.tsx";
import type { Workflow } from "../api/types.ts";
import { refusalOf, useAnswer } from "../api/useAnswer.ts";
import { EXAMPLE } from "../definition/example.ts";
import { type Graph, graphOf } from "../definition/graph.ts";
import { partsOf } from "../definition/paths.ts";
import { definitionOf, readable } from "../definition/readable.ts";
import { Editor } from "../editor/Editor.tsx";
import type { Target } from "../editor/JsonEditor.tsx";
import { GraphView } from "../graph/GraphView.tsx";
import { Empty, Loading, Trouble } from "../parts/Notice.tsx";
import { useTitle } from "../parts/useTitle.ts";
import { goTo } from "../route.ts";
import { Faults } from "./Faults.tsx";
import { useDraft } from "./useDraft.ts";
import { useValidity, type Validity } from "./useValidity.ts";
import { Crumbs, mayEdit, WorkflowHead } from "./WorkflowHead.tsx";

const EXAMPLE_TEXT = readable(EXAMPLE);

/** The definition of a workflow beside its graph; `workflow` is null for a new one. */
export function DefinitionPage({ slug, workflow }: { slug: string; workflow: string | null }) {
    return workflow ? <Existing slug={slug} workflow_id={workflow} /> : <New slug={slug} />;
}

function New({ slug }: { slug: string }) {
    const client = useClient();
    const load = useCallback(
        (signal: AbortSignal) =>
            client.call("get", "/api/workspaces/{slug}/workflows", { path: { slug }, query: { limit: 1 }, signal }),
        [client, slug],
    );
    const { answer, refusal, ask } = useAnswer(load);
    useTitle("New workflow");
    async function publish(definition: unknown): Promise<void> {
        const answer = await client.call("post", "/api/workspaces/{slug}/workflows", {
            path: { slug },
            body: definition,
        });
        goTo({ page: "runs", slug, workflow: answer.workflow.id });
    }
    if (refusal && !answer) return <Trouble refusal={refusal} again={ask} isPage />;
    if (!answer) return <Loading what="what your key may do" isPage />;
    if (!answer.permissions.canCreate) {
        return (
            <Empty title="Your key may not publish workflows" isPage>
                Ask a member or an admin of the workspace to publish one.
            </Empty>
        );
    }
    return (
        <Writing
            slug={slug}
            name="the new workflow"
            draft={`${slug}/new`}
            published={null}
            beginning={EXAMPLE_TEXT}
            publish={publish}
        >
            {(actions) => (
                <div className="workflow-head">
                    <Crumbs slug={slug} />
                    <div className="heading">
                        <h1>New workflow</h1>
                        <span className="spring" />
                        {actions}
                    </div>
                </div>
            )}
        </Writing>
    );
}

function Existing({ slug, workflow_id }: { slug: string; workflow_id: string }) {
    const client = useClient();
    const load = useCallback(
        (signal: AbortSignal) =>
            client.call("get", "/api/workspaces/{slug}/workflows/{workflow_id}", {
                path: { slug, workflow_id },
                signal,
            }),
        [client, slug, workflow_id],
    );
    const { answer, refusal, ask } = useAnswer(load);
    useTitle(answer ? `Definition of ${answer.workflow.name}` : "Definition");
    async function publish(definition: unknown): Promise<void> {
        await client.call("put", "/api/workspaces/{slug}/workflows/{workflow_id}", {
            path: { slug, workflow_id },
            body: definition,
        });
        ask();
    }
    if (refusal && !answer) return <Trouble refusal={refusal} again={ask} isPage />;
    if (!answer) return <Loading what="the definition" isPage />;
    const workflow: Workflow = answer.workflow;
    const text = readable(definitionOf(workflow));
    return (
        <Writing
            key={workflow.version}
            slug={slug}
            name={workflow.name}
            draft={`${slug}/${workflow_id}`}
            published={text}
            beginning={text}
            publish={mayEdit(workflow) ? publish : null}
        >
            {(actions) => (
                <WorkflowHead slug={slug} workflow={workflow} page="definition">
                    {actions}
                </WorkflowHead>
            )}
        </Writing>
    );
}

interface WritingGiven {
    slug: string;
    name: string;
    /** The name that the draft is kept by. */
    draft: string;
    /** What is published now; null where nothing is. */
    published: string | null;
    beginning: string;
    /** Null where the key may not. */
    publish: ((definition: unknown) => Promise<void>) | null;
    children: (actions: ReactNode) => ReactNode;
}

function Writing({ slug, name, draft, published, beginning, publish, children }: WritingGiven) {
    const [text, setText, discard] = useDraft(draft, beginning);
    const validity = useValidity(slug, text);
    const graph = useLastGraph(validity);
    const [selected, setSelected] = useState<string | null>(null);
    const [target, setTarget] = useState<Target | null>(null);
    const [refusal, setRefusal] = useState<Refusal | null>(null);
    const [isBusy, setBusy] = useState(false);
    const faultyNodes = useMemo(() => faultsByNode(graph, validity), [graph, validity]);
    const isChanged = text !== published;

    function selectNode(id: string): void {
        setSelected(id);
        const place = graph.nodes.find((node) => node.id === id)?.place;
        if (place) setTarget({ path: place, enter: false });
    }

    function goToFault(path: string): void {
        setTarget({ path, enter: true });
        setSelected(nodeAt(graph, path));
    }

    async function submit(): Promise<void> {
        setBusy(true);
        setRefusal(null);
        try {
            await publish?.(validity.value);
            discard();
        } catch (error) {
            setRefusal(refusalOf(error));
        }
        setBusy(false);
    }

    const actions = publish && (
        <span className="actions">
            {isChanged && text !== beginning && (
                <button type="button" onClick={discard}>
                    Discard changes
                </button>
            )}
            <button
                type="button"
                className="primary"
                disabled={isBusy || !isChanged || validity.state !== "valid"}
                onClick={() => void submit()}
            >
                {isBusy ? "Publishing …" : published === null ? "Publish" : "Publish a new version"}
            </button>
        </span>
    );

    return (
        <>
            {children(actions)}
            {refusal && <Trouble refusal={refusal} />}
            <div className="writing">
                <section className="card writing-text" aria-label="Definition">
                    <Editor
                        label={`Definition of ${name}, as JSON`}
                        text={text}
                        onText={setText}
                        faults={validity.faults}
                        target={target}
                        readOnly={!publish}
                    />
                    <Faults validity={validity} isReadOnly={!publish} onFault={goToFault} />
                </section>
                <section className="card writing-graph" aria-label="Graph">
                    {graph.nodes.length > 0 ? (
                        <GraphView
                            name={name}
                            graph={graph}
                            selected={selected}
                            onSelect={selectNode}
                            faults={faultyNodes}
                        />
                    ) : (
                        <p className="quiet centred">The graph is drawn here as soon as there are actions or nodes.</p>
                    )}
                </section>
            </div>
        </>
    );
}

/** The graph of the newest text that could be read. */
function useLastGraph({ value }: Validity): Graph {
    const [last, setLast] = useState<{ value: unknown; graph: Graph }>(() => ({ value, graph: graphOf(value) }));
    if (value !== undefined && value !== last.value) {
        const found = { value, graph: graphOf(value) };
        setLast(found);
        return found.graph;
    }
    return last.graph;
}

function faultsByNode(graph: Graph, { faults }: Validity): Map<string, number> {
    const found = new Map<string, number>();
    for (const { path } of faults) {
        const id = nodeAt(graph, path);
        if (id) found.set(id, (found.get(id) ?? 0) + 1);
    }
    return found;
}

/** The node that a fault at `path` belongs to. */
function nodeAt(graph: Graph, path: string): string | null {
    const [list, index] = partsOf(path);
    return graph.nodes.find(({ place }) => place === `${list}[${index}]`)?.id ?? null;
}
