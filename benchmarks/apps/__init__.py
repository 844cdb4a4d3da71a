"""Servers that are measured, or called by what is measured; each runs as a process of its own."""
