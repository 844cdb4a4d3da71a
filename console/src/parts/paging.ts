/** Where a page of a list begins: by number as far as the API counts rows, and by its cursor from there on. */

import type { Query } from "../route.ts";

/** The API answers rows by their number up to here; what lies deeper it gives by the cursor of the page before. */
const DEEPEST = 10_000;

/** What a query asks for where its filters have changed. */
export const FIRST_ROWS: Query = { offset: "", cursor: "" };

/** What a page of a list asks the API for. */
export function rowsAt(query: Query, limit: number): { offset?: number; cursor?: string; limit: number } {
    const { cursor } = query;
    return cursor ? { cursor, limit } : { offset: offsetOf(query), limit };
}

export function offsetOf(query: Query): number {
    const offset = Number(query["offset"]);
    return Number.isInteger(offset) && offset > 0 ? offset : 0;
}

/** The query of the page behind the one that `query` asks for. */
export function nextRows(query: Query, limit: number, cursor: string | null): Query {
    const offset = offsetOf(query) + limit;
    return { offset: String(offset), cursor: offset + limit > DEEPEST ? (cursor ?? "") : "" };
}

/** The query of the page before; the first page, where that is too deep to be found by number. */
export function rowsBefore(query: Query, limit: number): Query {
    const offset = Math.max(offsetOf(query) - limit, 0);
    return offset + limit > DEEPEST ? FIRST_ROWS : { offset: offset ? String(offset) : "", cursor: "" };
}
