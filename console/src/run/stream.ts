/**
 * The live stream of one run: an EventSource that goes on where it was, and hands events over once a frame.
 *
 * It rests while the page is hidden, since every open stream holds a place in the service.
 */

import { read } from "../api/exactJson.ts";
import { learn } from "./clock.ts";
import type { StreamEvent } from "./run.ts";

export type Connection = "connecting" | "open" | "resting" | "closed";

interface Listener {
    onEvents: (events: StreamEvent[]) => void;
    onConnection: (connection: Connection) => void;
    /** A new URL, with a new ticket, where the old one was refused; null where nothing more will come. */
    renew: () => Promise<string | null>;
}

const NAMES = ["step", "progress", "complete"] as const;
const HIDDEN_MS = 30_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

export class Stream {
    #url: string;
    readonly #listener: Listener;
    #source: EventSource | null = null;
    #position = "";
    #arrived: StreamEvent[] = [];
    #frame = 0;
    #timer = 0;
    #pause = FIRST_PAUSE_MS;
    #isOver = false;

    constructor(url: string, listener: Listener) {
        this.#url = url;
        this.#listener = listener;
        document.addEventListener("visibilitychange", this.#onVisibility);
        this.#connect();
    }

    close(): void {
        this.#isOver = true;
        this.#rest();
        cancelAnimationFrame(this.#frame);
        document.removeEventListener("visibilitychange", this.#onVisibility);
        this.#listener.onConnection("closed");
    }

    #connect(): void {
        if (this.#isOver || this.#source) return;
        this.#listener.onConnection("connecting");
        const source = new EventSource(from(this.#url, this.#position));
        this.#source = source;
        source.addEventListener("connected", (event) => {
            learn((JSON.parse(event.data as string) as { timestamp: string }).timestamp);
            this.#pause = FIRST_PAUSE_MS;
            this.#listener.onConnection("open");
        });
        for (const name of NAMES) source.addEventListener(name, (event) => this.#take(name, event));
        source.addEventListener("error", (event) => {
            if (event instanceof MessageEvent) return; // The run failed, says the service; `complete` follows.
            if (source.readyState === EventSource.CLOSED) this.#refused();
            else this.#listener.onConnection("connecting");
        });
    }

    #take(type: (typeof NAMES)[number], event: MessageEvent<string>): void {
        if (event.lastEventId) this.#position = event.lastEventId;
        this.#arrived.push({ type, ...(read(event.data) as object) } as StreamEvent);
        // A page that is not seen gets no frames.
        if (document.hidden) this.#handOver();
        else this.#frame ||= requestAnimationFrame(this.#handOver);
        if (type === "complete") this.#finish();
    }

    readonly #handOver = (): void => {
        this.#frame = 0;
        const events = this.#arrived;
        this.#arrived = [];
        if (events.length) this.#listener.onEvents(events);
    };

    #finish(): void {
        this.#handOver();
        this.close();
    }

    /** The server answered with an error: perhaps the ticket is too old, perhaps it is busy. */
    #refused(): void {
        this.#source = null;
        this.#listener.onConnection("connecting");
        this.#timer = window.setTimeout(async () => {
            const url = await this.#listener.renew().catch(() => this.#url);
            if (!url) return this.close();
            this.#url = url;
            if (!document.hidden) this.#connect();
        }, this.#pause);
        this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
    }

    #rest(): void {
        clearTimeout(this.#timer);
        this.#source?.close();
        this.#source = null;
    }

    readonly #onVisibility = (): void => {
        if (!document.hidden) {
            clearTimeout(this.#timer);
            this.#connect();
        } else {
            this.#timer = window.setTimeout(() => {
                this.#rest();
                this.#listener.onConnection("resting");
            }, HIDDEN_MS);
        }
    };
}

/** The stream's URL for what comes behind `position`. */
export function from(url: string, position: string): string {
    return position ? `${url}${url.includes("?") ? "&" : "?"}lastEventId=${encodeURIComponent(position)}` : url;
}
