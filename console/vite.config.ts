import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = process.env["API"] ?? "http://127.0.0.1:8000";

export default defineConfig({
    base: "./",
    plugins: [react()],
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
