#!/bin/sh
# What Lambda starts for `stream`: AWS's Lambda Web Adapter runs this beside itself, and passes requests on to its port.
# It stands at the root of the asset, with the packages beside it.
here=$(cd "$(dirname "$0")" && pwd)
PYTHONPATH=$here
export PYTHONPATH
# No access log: an address may hold a ticket. The event loop and the protocol are those that local mode runs with.
exec python -m uvicorn functions.stream:app --host 127.0.0.1 --port "${AWS_LWA_PORT:-8080}" \
    --loop asyncio --http h11 --ws none --lifespan off --log-level warning \
    --no-access-log --no-server-header --no-proxy-headers
