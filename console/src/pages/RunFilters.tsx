import type { Query } from "../route.ts";
import { Field } from "../parts/Field.tsx";
import { spoken } from "../parts/words.ts";

const STATUSES = ["COMPLETED", "FAILED", "RUNNING", "CANCELLED", "PENDING", "PAUSED"] as const;
const ORDERS = [
    ["startTime", "desc", "Newest first"],
    ["startTime", "asc", "Oldest first"],
    ["executionTime", "desc", "Longest first"],
    ["executionTime", "asc", "Shortest first"],
    ["status", "asc", "By status"],
] as const;

/** What the filters ask the API for; days are the reader's own. */
export function listQuery(query: Query) {
    const [sortBy, sortOrder] = ORDERS.find(([by, order]) => `${by}.${order}` === query["order"]) ?? ORDERS[0];
    return {
        status: STATUSES.find((each) => each === query["status"]),
        from: instant(query["from"], "T00:00:00.000"),
        to: instant(query["to"], "T23:59:59.999"),
        includeTests: query["dry"] === "yes" ? true : undefined,
        sortBy,
        sortOrder,
    };
}

function instant(day: string | undefined, time: string): string | undefined {
    const date = new Date(`${day}${time}`);
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export function RunFilters({ query, onChange }: { query: Query; onChange: (changed: Query) => void }) {
    return (
        <form className="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
            <Field label="Status">
                {(id) => (
                    <select
                        id={id}
                        value={query["status"] ?? ""}
                        onChange={(event) => onChange({ status: event.target.value })}
                    >
                        <option value="">All</option>
                        {STATUSES.slice(0, 4).map((each) => (
                            <option key={each} value={each}>
                                {spoken(each)}
                            </option>
                        ))}
                    </select>
                )}
            </Field>
            <Field label="From">
                {(id) => (
                    <input
                        id={id}
                        type="date"
                        value={query["from"] ?? ""}
                        max={query["to"]}
                        onChange={(event) => onChange({ from: event.target.value })}
                    />
                )}
            </Field>
            <Field label="To">
                {(id) => (
                    <input
                        id={id}
                        type="date"
                        value={query["to"] ?? ""}
                        min={query["from"]}
                        onChange={(event) => onChange({ to: event.target.value })}
                    />
                )}
            </Field>
            <Field label="Order">
                {(id) => (
                    <select
                        id={id}
                        value={query["order"] ?? "startTime.desc"}
                        onChange={(event) => onChange({ order: event.target.value })}
                    >
                        {ORDERS.map(([by, order, name]) => (
                            <option key={name} value={`${by}.${order}`}>
                                {name}
                            </option>
                        ))}
                    </select>
                )}
            </Field>
            <label className="check">
                <input
                    type="checkbox"
                    checked={query["dry"] === "yes"}
                    onChange={(event) => onChange({ dry: event.target.checked ? "yes" : "" })}
                />
                Dry runs too
            </label>
        </form>
    );
}
