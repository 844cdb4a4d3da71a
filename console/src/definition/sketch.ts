/** A first sketch of what a workflow may be started with, from what its definition reads. */

import { write } from "../api/exactJson.ts";

const READS = /\btrigger\.([A-Za-z_]\w*)/g;

/** An empty text for each field of the trigger data that is read. */
export function triggerSketch(definition: unknown): Record<string, string> {
    const names = [...write(definition).matchAll(READS)].map(([, name]) => name as string);
    return Object.fromEntries([...new Set(names)].map((name) => [name, ""]));
}
