import type { Pagination } from "../api/types.ts";
import type { Query } from "../route.ts";
import { Icon } from "./Icon.tsx";
import { nextRows, offsetOf, rowsBefore } from "./paging.ts";

interface Given {
    pagination: Pagination;
    query: Query;
    onChange: (changed: Query) => void;
    what: string;
}

/** From page to page of a list. */
export function Pager({ pagination, query, onChange, what }: Given) {
    const { total, limit, hasMore, nextCursor } = pagination;
    const offset = offsetOf(query);
    if (total === 0) return null;
    return (
        <nav className="pager" aria-label={`Pages of ${what}`}>
            <button type="button" disabled={offset === 0} onClick={() => onChange(rowsBefore(query, limit))}>
                <Icon name="left" size={14} /> Previous
            </button>
            <span aria-live="polite">
                {Math.min(offset + 1, total).toLocaleString()}–{Math.min(offset + limit, total).toLocaleString()} of{" "}
                {total.toLocaleString()}
            </span>
            <button type="button" disabled={!hasMore} onClick={() => onChange(nextRows(query, limit, nextCursor))}>
                Next <Icon name="right" size={14} />
            </button>
        </nav>
    );
}
