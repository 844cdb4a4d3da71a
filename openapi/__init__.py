"""Writes `functions/routes/openapi.json`: the description of both dialects, generated from what the service runs on.

It stands beside `functions` and is imported by nothing at run time: the functions serve the file. It may import both
them and `local`, where its examples come from, which neither may do with the other.
"""
