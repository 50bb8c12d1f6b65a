"""The group `limits`: what hostile workers cost their neighbours, and what the limits cost everybody.

    kinds        which hostile workers there are; each says its harm in its first line
    client       one request with a bounded wait, and a client that asks again and again
    node         one process with several workers in it: Mote or workerd
    cost         accounting and enforcement, beside a Mote without them
    overshoot    how much more CPU time than its limit an event gets
    neighbours   latency of a well-behaved worker beside a hostile one
    memory       how much more memory than its limit an isolate gets
    losses       where Mote misses its budgets, or workerd is better
    report       limits.json and README.md
    group        the order of events

Every wait here is bounded, whatever a hostile worker does to the process that runs it.
"""
