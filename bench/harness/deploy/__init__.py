"""The group `deploy`: what a node does with many workers, and how soon a deploy is live.

    api       the node's API as a client sees it: uploads, routes, KV
    node      one `mote serve` with a folder of its own: its start, the host's memory, kill -9
    times     many measured times as a few numbers
    live      from the upload to the first answer of the new version; deploys a second
    fleet     thousands of workers: deploying them, starting with them, the host's memory, cold answers
    routing   requests to a node with many routes, beside one with few
    kv        KV through a worker and through the API
    beside    SQLite alone and Redis on the same disk
    calls     a worker that asks another one
    kills     a node that is killed while it takes deploys
    results   everything that was measured
    sections  the page, section by section
    report    deploy.json, README.md and the pictures
    group     the order of events
"""
