"""The group `density`: how many tenants fit on a machine, and how soon the one that nobody has called for long answers.

    tail        many measured times, with as much of their tail as so many can show
    books       what a node counts of its events and isolates
    client      one client on one connection, which asks worker after worker
    isolates    memory and first answer of one more idle tenant, at 1, 100, 1,000 and more
    apps        what is started cold: uploads, and what the right answer is
    starts      cold starts as a client sees them, with and without what was prepared at the deploy
    zipf        ten thousand workers on a machine that cannot keep them all warm
    processes   the same tenants as processes of `workerd`, `deno`, `bun` and `node`
    neighbours  quiet tenants beside hostile ones, 90 and 10
    results     everything that was measured
    sections    the page, section by section
    report      density.json, README.md and the pictures
    group       the order of events
"""
