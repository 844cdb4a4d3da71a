/**
 * What a definition draws: its nodes and its arrows. A definition that is still being written draws as far as it goes.
 */

export interface Node {
    id: string;
    type: string;
    label: string | null;
    onError: string;
    enabled: boolean;
    config: Record<string, unknown>;
    /** Where the definition has it, as the service's faults name it: `nodes[3]`. */
    place: string;
}

export interface Arrow {
    id: string;
    from: string;
    to: string;
    /** The port it leaves by; null for any. */
    port: string | null;
}

export interface Graph {
    nodes: Node[];
    arrows: Arrow[];
}

export const RESULT = "result";

const DECISIONS = new Set(["trigger", "condition", "switch", "set_variables", "end"]);

/** Whether a node does something outside; the rest only decides. */
export function isEffect(type: string): boolean {
    return !DECISIONS.has(type);
}

/** Whether a node counts as a step. */
export function isAction(type: string): boolean {
    return type !== "trigger" && type !== "end";
}

export function graphOf(definition: unknown): Graph {
    const { actions, nodes, connections } = fields(definition);
    return Array.isArray(actions) ? chain(actions) : drawn(list(nodes), list(connections));
}

function chain(actions: unknown[]): Graph {
    const nodes = unique(actions.map((action, i) => node(action, `actions[${i}]`, `action-${i + 1}`)));
    const arrows = nodes.slice(1).map((to, i) => {
        const from = nodes[i] as Node;
        const stops = from.type === "condition" && from.config["onFalse"] !== "continue";
        return { id: `a${i}`, from: from.id, to: to.id, port: stops ? "true" : null };
    });
    return { nodes, arrows };
}

function drawn(given: unknown[], connections: unknown[]): Graph {
    const nodes = unique(given.map((each, i) => node(each, `nodes[${i}]`, "")).filter(({ id }) => id));
    const known = new Set(nodes.map(({ id }) => id));
    const arrows = connections.map((each, i) => {
        const { from, to, fromPort } = fields(each);
        return { id: `c${i}`, from: text(from), to: text(to), port: text(fromPort) || RESULT };
    });
    return { nodes, arrows: arrows.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to) };
}

function node(given: unknown, place: string, unnamed: string): Node {
    const { id, type, label, onError, enabled, config } = fields(given);
    return {
        id: text(id) || unnamed,
        type: text(type) || "unknown",
        label: text(label) || null,
        onError: text(onError) || "stop",
        enabled: enabled !== false,
        config: fields(config),
        place,
    };
}

function unique(nodes: Node[]): Node[] {
    const seen = new Set<string>();
    return nodes.filter(({ id }) => !seen.has(id) && seen.add(id));
}

function fields(value: unknown): Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : {};
}

function list(value: unknown): unknown[] {
    return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
    return typeof value === "string" ? value : "";
}
