/** The service's time: a run's times are its, and the reader's clock may be wrong. */

/** What may be the way of the message, and not the clock. */
const UNSURE_MS = 2000;

let ahead = 0;

/** Takes over what the service says the time is. */
export function learn(time: string): void {
    const found = Date.now() - Date.parse(time);
    ahead = Math.abs(found) > UNSURE_MS ? found : 0;
}

/** Milliseconds since 1970, by the service's clock. */
export function now(): number {
    return Date.now() - ahead;
}
