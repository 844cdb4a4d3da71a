/** The console's few pictures, drawn in the colour of the text around. They repeat what is written beside them. */

const PATHS = {
    trigger: "M8.8 2 4 9h3.4L6.6 14 12 6.6H8.2z",
    condition: "M8 2.2 13.8 8 8 13.8 2.2 8zM8 6v2.4M8 10.2v.2",
    switch: "M2.5 8h4l3-4.5h4M6.5 8h7M6.500 8l3 4.500h4",
    set_variables:
        "M5.500 2.500C3 2.500 4.500 7 2.500 8c2 1 .5 5.500 3 5.500M10.500 2.500c2.500 0 1 4.500 3 5.500-2 1-.5 5.500-3 5.500M6.500 6.500l3 3M9.500 6.500l-3 3",
    end: "M4 14V2.500M4 3h8l-2 2.800L12 8.500H4",
    call_api:
        "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM2 8h12M8 2c2 2 2.600 4 2.600 6S10 12 8 14c-2-2-2.600-4-2.600-6S6 4 8 2z",
    send_notification:
        "M8 2.200a3.800 3.800 0 0 0-3.800 3.800c0 3.500-1.500 4.500-1.500 5.300h10.600c0-.8-1.500-1.800-1.500-5.300A3.800 3.800 0 0 0 8 2.200zM6.700 13.500h2.600",
    send_email: "M2 4h12v8.500H2zM2 4.500l6 4.500 6-4.500",
    create_task: "M3 2.500h10v11H3zM5.500 8l1.700 1.800L10.600 6",
    wait: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.800V8l2.200 1.600",
    unknown: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 6v2.600M8 10.800v.2",
    success: "M3.500 8.500 6.700 11.500 12.500 4.800",
    failed: "M4 4l8 8M12 4l-8 8",
    skipped: "M3.500 8h9",
    cancelled: "M4.500 4.500h7v7h-7z",
    running: "M8 2.500A5.500 5.500 0 1 1 2.500 8",
    waiting: "M8 7.900v.2M4.200 7.900v.2M11.800 7.900v.2",
    sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
    moon: "M13.500 9.800A5.800 5.800 0 0 1 6.200 2.500a5.800 5.800 0 1 0 7.300 7.300z",
    auto: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
    play: "M5 3l8 5-8 5z",
    flask: "M6.200 2h3.600M7 2v4L3.200 13.500h9.600L9 6V2M5 10.500h6",
    stop: "M4 4h8v8H4z",
    link: "M6.800 9.200l2.400-2.400M7.500 4.600 9 3.100a2.700 2.700 0 0 1 3.900 3.900L11.400 8.500M8.500 11.400 7 12.900A2.700 2.700 0 0 1 3.100 9l1.500-1.500",
    plus: "M8 3v10M3 8h10",
    again: "M13 8a5 5 0 1 1-1.500-3.600M13 2.500v2.800h-2.800",
    out: "M9.500 3H3v10h6.500M7 8h7M11.500 5.500 14 8l-2.500 2.500",
    left: "M10 3 5 8l5 5",
    right: "M6 3l5 5-5 5",
    fit: "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10",
    close: "M4 4l8 8M12 4l-8 8",
    warning: "M8 2.500 14.500 13.500h-13zM8 6.500v3.200M8 11.500v.2",
    copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
    minus: "M3 8h10",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
    return (
        <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d={PATHS[name]} />
        </svg>
    );
}

export function iconOf(type: string): IconName {
    return type in PATHS ? (type as IconName) : "unknown";
}
