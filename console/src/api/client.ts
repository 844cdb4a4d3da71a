/**
 * The public API, typed by its OpenAPI document (`npm run types` makes `schema.d.ts` from it): a path, a method, a
 * parameter or a field that the document does not have does not compile.
 */

import { read, write } from "./exactJson.ts";
import type { paths } from "./schema.d.ts";

export type Path = keyof paths;
type Method = "get" | "put" | "post" | "delete";
type Operation<P extends Path, M extends Method> = paths[P][M];

type Parameters<O, In extends string> = O extends { parameters: { [Key in In]: infer Given } } ? Given : unknown;
type OptionalQuery<O> = O extends { parameters: { query?: infer Given } } ? Exclude<Given, undefined> : never;
type Content<R> = R extends { content: { "application/json": infer Body } } ? Body : never;

export type Answer<P extends Path, M extends Method> =
    Operation<P, M> extends { responses: infer Responses }
        ? { [Status in keyof Responses & (200 | 201 | 202)]: Content<Responses[Status]> }[keyof Responses &
              (200 | 201 | 202)]
        : never;

export interface Request<P extends Path, M extends Method> {
    path: Parameters<Operation<P, M>, "path">;
    query?: { [Name in keyof OptionalQuery<Operation<P, M>>]: OptionalQuery<Operation<P, M>>[Name] | undefined };
    /** Not typed by the document: the service says what is wrong with a definition, place by place. */
    body?: unknown;
    headers?: Record<string, string>;
    signal?: AbortSignal;
}

export interface Fault {
    path: string;
    message: string;
}

/** Raised when the service refused a request, or was not reached (`status` 0). The message is a sentence for people. */
export class Refusal extends Error {
    readonly status: number;
    readonly code: string;
    readonly faults: Fault[];
    readonly requestId: string | null;
    readonly retryAfterSeconds: number | null;

    constructor(status: number, code: string, message: string, faults: Fault[] = [], headers?: Headers) {
        super(message);
        this.name = "Refusal";
        this.status = status;
        this.code = code;
        this.faults = faults;
        this.requestId = headers?.get("X-Request-Id") ?? null;
        this.retryAfterSeconds = Number(headers?.get("Retry-After")) || null;
    }
}

const PATIENCE_MS = 35_000;

export class Client {
    readonly #origin: string;
    readonly #key: string;

    /** `origin` is empty where the API answers at the page's own. */
    constructor(origin: string, key: string) {
        this.#origin = origin.replace(/\/$/, "");
        this.#key = key;
    }

    /** Raises Refusal; an AbortError where `signal` said so. */
    async call<P extends Path, M extends Method>(method: M, path: P, request: Request<P, M>): Promise<Answer<P, M>> {
        const { body, headers, signal } = request;
        const late = AbortSignal.timeout(PATIENCE_MS);
        let response: Response;
        try {
            response = await fetch(this.#origin + filled(path, request.path) + queryOf(request.query), {
                method: method.toUpperCase(),
                headers: {
                    "X-API-Key": this.#key,
                    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
                    ...headers,
                },
                ...(body === undefined ? {} : { body: write(body) }),
                signal: signal ? AbortSignal.any([signal, late]) : late,
                credentials: "omit",
            });
        } catch (error) {
            if (signal?.aborted) throw error;
            throw new Refusal(
                0,
                "UNREACHABLE",
                late.aborted ? "The service did not answer in time." : "The service was not reached.",
            );
        }
        const text = await response.text();
        if (!response.ok) throw refusal(response, text);
        return read(text) as Answer<P, M>;
    }
}

function filled(path: string, parameters: unknown): string {
    const given = parameters as Record<string, string>;
    return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(given[name] ?? ""));
}

function queryOf(query: unknown): string {
    const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== "");
    return pairs.length ? `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : "";
}

function refusal(response: Response, text: string): Refusal {
    let found: { error?: string; message?: string; details?: { errors?: Fault[] } } = {};
    try {
        found = JSON.parse(text) as typeof found;
    } catch {
        // Not the service's own words: a proxy in between has answered.
    }
    const message = found.message ?? `The service answered with status ${response.status}.`;
    return new Refusal(
        response.status,
        found.error ?? "UNKNOWN",
        message,
        found.details?.errors ?? [],
        response.headers,
    );
}
