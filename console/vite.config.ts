import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const api = process.env["API"] ?? "http://127.0.0.1:8000";

/** Names in the page what the first script will import, so that a browser loads both at once. */
const together: Plugin = {
    name: "together",
    transformIndexHtml: {
        order: "post",
        handler: (_, { bundle = {}, chunk }) => {
            const later = (chunk?.dynamicImports ?? []).map((name) => bundle[name]);
            const files = later.flatMap((each) => (each?.type === "chunk" ? [each.fileName, ...each.imports] : []));
            return [...new Set(files)]
                .filter((file) => file !== chunk?.fileName && !chunk?.imports.includes(file))
                .map((file) => ({
                    tag: "link",
                    attrs: { rel: "modulepreload", crossorigin: true, href: `./${file}` },
                    injectTo: "head" as const,
                }));
        },
    },
};

export default defineConfig({
    base: "./",
    plugins: [react(), together],
    build: {
        target: "es2023",
        // A data: URL of a script or a style would be against the page's policy.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
    // `npm run dev`: the page from here, the API from `make run`.
    server: { proxy: { "/api": api, "/config.json": api } },
});
