/** A definition as a person would write it: without what is at its default, and one line for what fits in one. */

import { write } from "../api/exactJson.ts";

/** What a person writes of a workflow; the rest of an answer is the service's own. */
const FIELDS = [
    "name",
    "description",
    "status",
    "trigger",
    "variables",
    "timeoutSeconds",
    "actions",
    "nodes",
    "connections",
] as const;

const NODE_DEFAULTS: Record<string, string> = { config: "{}", onError: '"stop"', timeout: "30000", enabled: "true" };
const CONNECTION_DEFAULTS: Record<string, string> = { fromPort: '"result"' };

const WIDTH = 96;

type Fields = Record<string, unknown>;

export function definitionOf(workflow: object): Fields {
    const given = workflow as Fields;
    const found = Object.fromEntries(FIELDS.filter((name) => name in given).map((name) => [name, given[name]]));
    for (const name of ["actions", "nodes"]) found[name] = without(NODE_DEFAULTS, found[name]);
    found["connections"] = without(CONNECTION_DEFAULTS, found["connections"]);
    return found;
}

function without(defaults: Record<string, string>, list: unknown): unknown {
    if (!Array.isArray(list)) return list;
    return list.map((each: Fields) =>
        Object.fromEntries(Object.entries(each).filter(([name, value]) => defaults[name] !== write(value))),
    );
}

export function readable(value: unknown, indent = ""): string {
    const line = inline(value);
    if (line.length + indent.length <= WIDTH || typeof value !== "object" || value === null) return line;
    const inner = `${indent}  `;
    if (Array.isArray(value)) return `[\n${value.map((each) => inner + readable(each, inner)).join(",\n")}\n${indent}]`;
    const members = entries(value).map(([name, each]) => `${inner}${JSON.stringify(name)}: ${readable(each, inner)}`);
    return members.length ? `{\n${members.join(",\n")}\n${indent}}` : line;
}

function inline(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
    if (typeof value !== "object" || value === null || isRaw(value)) return write(value);
    return `{${entries(value)
        .map(([name, each]) => `${JSON.stringify(name)}: ${inline(each)}`)
        .join(", ")}}`;
}

function entries(value: object): [string, unknown][] {
    return Object.entries(value).filter(([, each]) => each !== undefined);
}

/** A number kept digit by digit (see exactJson.ts). */
function isRaw(value: object): boolean {
    return (JSON as unknown as { isRawJSON?: (value: object) => boolean }).isRawJSON?.(value) ?? false;
}
