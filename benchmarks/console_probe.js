/**
 * Runs in the page before the console does, and notes when what arrives is to be seen. Times are milliseconds since
 * the navigation.
 */
window.probe = (() => {
    const arrived = new Map();
    const changed = new Map();
    const drawn = new Map();
    let over = false;
    let painted = 0;

    const Native = window.EventSource;
    window.EventSource = class extends Native {
        constructor(url, options) {
            super(url, options);
            this.addEventListener("step", (event) => arrived.set(JSON.parse(event.data).actionId, event.timeStamp));
            this.addEventListener("complete", () => (over = true));
        }
    };

    /** Calls back in the first frame that begins when everything until now has been drawn. */
    const afterDrawing = (call) => requestAnimationFrame(() => call(performance.now()));

    const notice = (card) => {
        const { node, standing } = card.dataset;
        if (!["success", "failed"].includes(standing) || !arrived.has(node) || changed.has(node)) return;
        changed.set(node, performance.now());
        afterDrawing((at) => drawn.set(node, at));
    };

    new MutationObserver((changes) => {
        for (const { target } of changes) if (target.dataset?.node) notice(target);
    }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-standing"] });

    const isWhole = (rows) =>
        document.querySelectorAll("[data-node]").length > 0 && document.querySelectorAll(".rows > li").length === rows;

    const watch = (rows) => {
        if (!isWhole(rows)) return requestAnimationFrame(() => watch(rows));
        afterDrawing((at) => (painted = at));
    };

    return {
        isOver: () => over && drawn.size === changed.size,
        /** For each step that came as an event: until its node's state in the page, and until the frame behind that. */
        steps: () =>
            [...drawn.keys()].map((node) => [changed.get(node) - arrived.get(node), drawn.get(node) - arrived.get(node)]),
        watch,
        painted: () => painted,
    };
})();
