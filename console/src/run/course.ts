/**
 * Which way a run has gone through its graph: which nodes are done, run or were passed by, which arrows were taken.
 *
 * The stream tells what has finished; what runs now follows from that and the graph, as the service itself sees it:
 * a node begins when every arrow to it is decided and one of them was taken.
 */

import { type Graph, isAction, type Node, RESULT } from "../definition/graph.ts";
import { isOver, type Run, type Step } from "./run.ts";

export type Standing = "waiting" | "running" | "success" | "failed" | "skipped" | "cancelled";
export type Way = "open" | "taken" | "dead";

export interface Course {
    nodes: Map<string, Standing>;
    arrows: Map<string, Way>;
}

export function courseOf(graph: Graph, run: Run): Course {
    const course: Course = { nodes: new Map(), arrows: new Map() };
    const { incoming, outgoing } = byEnds(graph);
    for (const node of inOrder(graph, incoming, outgoing)) {
        const arrived = (incoming.get(node.id) ?? []).map(({ id }) => course.arrows.get(id) ?? "open");
        const step = run.steps.get(node.id);
        const standing = standingOf(node, step, arrived, run);
        course.nodes.set(node.id, standing);
        for (const { id, port } of outgoing.get(node.id) ?? [])
            course.arrows.set(id, wayOf(node, standing, step, port, arrived));
    }
    return course;
}

function standingOf(node: Node, step: Step | undefined, arrived: Way[], run: Run): Standing {
    if (step && step.status !== "pending" && step.status !== "paused") return step.status;
    if (arrived.includes("open")) return run.status === "COMPLETED" ? "skipped" : "waiting";
    if (!isReached(arrived) || !node.enabled) return "skipped";
    if (!isAction(node.type)) return "success";
    return isOver(run.status) ? "waiting" : "running";
}

function wayOf(node: Node, standing: Standing, step: Step | undefined, port: string | null, arrived: Way[]): Way {
    const passed = standing === "skipped" && !node.enabled && isReached(arrived);
    if (standing === "skipped" && !passed) return "dead";
    const goesOn = standing === "success" || passed || (standing === "failed" && node.onError === "continue");
    if (!goesOn) return "open";
    const left = passed ? passingPort(node) : portOf(node, step);
    return port === null || left === null || port === left ? "taken" : "dead";
}

/** Whether a node is come to, given that every arrow to it is decided. */
function isReached(arrived: Way[]): boolean {
    return arrived.length === 0 || arrived.includes("taken");
}

/** The port by which a finished node was left; null where that cannot be told. */
function portOf(node: Node, step: Step | undefined): string | null {
    const output = (step?.output ?? {}) as { result?: unknown; port?: unknown };
    if (node.type === "condition") return typeof output.result === "boolean" ? String(output.result) : null;
    if (node.type === "switch") return typeof output.port === "string" ? output.port : null;
    return RESULT;
}

function passingPort(node: Node): string {
    if (node.type === "condition") return "true";
    const { default: port } = node.config as { default?: unknown };
    return node.type === "switch" ? (typeof port === "string" ? port : "default") : RESULT;
}

type Arrows = Map<string, { id: string; from: string; to: string; port: string | null }[]>;

function byEnds(graph: Graph): { incoming: Arrows; outgoing: Arrows } {
    const incoming: Arrows = new Map(graph.nodes.map(({ id }) => [id, []]));
    const outgoing: Arrows = new Map(graph.nodes.map(({ id }) => [id, []]));
    for (const arrow of graph.arrows) {
        incoming.get(arrow.to)?.push(arrow);
        outgoing.get(arrow.from)?.push(arrow);
    }
    return { incoming, outgoing };
}

/** Every node after those that lead to it. */
function inOrder(graph: Graph, incoming: Arrows, outgoing: Arrows): Node[] {
    const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    const open = new Map(graph.nodes.map(({ id }) => [id, incoming.get(id)?.length ?? 0]));
    const ready = graph.nodes.filter(({ id }) => open.get(id) === 0);
    const found: Node[] = [];
    for (let node = ready.shift(); node; node = ready.shift()) {
        found.push(node);
        for (const { to } of outgoing.get(node.id) ?? []) {
            open.set(to, (open.get(to) ?? 0) - 1);
            if (open.get(to) === 0) ready.push(nodes.get(to) as Node);
        }
    }
    return found;
}
