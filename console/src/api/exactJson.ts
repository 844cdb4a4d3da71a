/**
 * JSON whose numbers keep every digit: what a workflow holds beyond a double's 15 digits is kept as it was written.
 *
 * A number that a double would change becomes a raw JSON value (https://tc39.es/proposal-json-parse-with-source/),
 * which `write` gives back digit by digit. Where a browser does not know these yet, it is a number like any other.
 */

interface Source {
    source?: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context?: Source) => unknown;

const { rawJSON } = JSON as unknown as { rawJSON?: (text: string) => object };

const DIGITS_OF_A_DOUBLE = 15;

const exactly: Reviver = (_, value, context) =>
    typeof value === "number" && rawJSON && context?.source && digits(context.source) > DIGITS_OF_A_DOUBLE
        ? rawJSON(context.source)
        : value;

/** Raises SyntaxError. */
export function read(text: string): unknown {
    return JSON.parse(text, exactly as Parameters<typeof JSON.parse>[1]) as unknown;
}

export function write(value: unknown, indent?: number): string {
    return JSON.stringify(value, null, indent) ?? "null";
}

function digits(number: string): number {
    return number
        .replace(/[eE].*$/, "")
        .replace(/[-.]/g, "")
        .replace(/^0+/, "").length;
}
