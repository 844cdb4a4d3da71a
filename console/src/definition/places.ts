/** Where in a text of JSON a path such as `nodes[2].config.url` is, so that a fault is shown at its place. */

import type { SyntaxNode } from "@lezer/common";
import { parser } from "@lezer/json";
import { partsOf } from "./paths.ts";

export interface Range {
    from: number;
    to: number;
}

/** The range of what `path` names, or of the innermost part of it that is there; that of the whole text for none. */
export function rangeAt(text: string, path: string): Range {
    const top = parser.parse(text).topNode.firstChild;
    if (!top) return { from: 0, to: text.length };
    let found: SyntaxNode = top;
    let shown: Range = { from: top.from, to: Math.min(top.from + 1, text.length) };
    for (const part of partsOf(path)) {
        const next = typeof part === "number" ? item(found, part) : property(found, text, part);
        if (!next) break;
        found = next.value;
        shown = next.shown;
    }
    return shown;
}

/** Where a text stops being JSON; its end, where something is missing there. */
export function firstUnreadable(text: string): Range {
    const found: Range[] = [];
    parser.parse(text).iterate({
        enter: ({ type, from, to }) => {
            if (type.isError) found.push({ from, to });
        },
    });
    return found[0] ?? { from: text.length, to: text.length };
}

interface Found {
    value: SyntaxNode;
    shown: Range;
}

function item(array: SyntaxNode, index: number): Found | null {
    if (array.name !== "Array") return null;
    const values = children(array).filter(({ name }) => !["[", "]", ","].includes(name) && name !== "⚠");
    const value = values[index];
    // Only its first line, since all of a large node underlined says less than where it begins.
    return value
        ? { value, shown: { from: value.from, to: value.name === "Object" ? value.from + 1 : value.to } }
        : null;
}

function property(object: SyntaxNode, text: string, name: string): Found | null {
    if (object.name !== "Object") return null;
    for (const each of object.getChildren("Property")) {
        const key = each.getChild("PropertyName");
        const value = each.lastChild;
        if (!key || !value || unquoted(text.slice(key.from, key.to)) !== name) continue;
        const isLarge = value.name === "Object" || value.name === "Array";
        return { value, shown: isLarge ? { from: key.from, to: key.to } : { from: key.from, to: value.to } };
    }
    return null;
}

function children(node: SyntaxNode): SyntaxNode[] {
    const found: SyntaxNode[] = [];
    for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
    return found;
}

function unquoted(text: string): string {
    try {
        return JSON.parse(text) as string;
    } catch {
        return text;
    }
}
