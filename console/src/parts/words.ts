/** Times, durations and names in words for people. */

export function duration(ms: number | null | undefined): string {
    if (ms === null || ms === undefined) return "–";
    if (ms < 1000) return `${Math.round(ms)} ms`;
    if (ms < 60_000) return `${trimmed(ms / 1000)} s`;
    const minutes = Math.floor(ms / 60_000);
    if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`;
    const hours = Math.floor(minutes / 60);
    return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function trimmed(seconds: number): string {
    return seconds < 10 ? seconds.toFixed(2).replace(/\.?0+$/, "") : seconds.toFixed(1).replace(/\.0$/, "");
}

/** `send_notification` → `Send notification`. */
export function spoken(name: string): string {
    const words = name.replaceAll("_", " ").toLowerCase();
    return words.charAt(0).toUpperCase() + words.slice(1).replace(/\bapi\b/, "API");
}

export function count(number: number, one: string, many = `${one}s`): string {
    return `${number.toLocaleString()} ${number === 1 ? one : many}`;
}

export function plainError(text: string): string {
    return text.replace(/^Node execution failed: /, "");
}
