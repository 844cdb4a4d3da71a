/** A moment: in the reader's own zone, with UTC where the pointer rests. */
export function Time({ at, short = false }: { at: string | null; short?: boolean }) {
    if (!at) return <>–</>;
    const date = new Date(at);
    const isToday = date.toDateString() === new Date().toDateString();
    const shown = short && isToday ? CLOCK.format(date) : SHORT.format(date);
    return (
        <time dateTime={at} title={`${at.replace("T", " ").replace("Z", "")} UTC`}>
            {shown}
        </time>
    );
}

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const SHORT = new Intl.DateTimeFormat(undefined, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
});
