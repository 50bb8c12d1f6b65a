"""The group `micro`: what one `Headers`, one URL, one chunk of a stream costs, on the same text in every runtime.

    cases      what is measured, and what it is called; the workers are in bench/workers/micro
    times      how long one run takes: how many to ask for, and what the asking itself costs
    visits     the runtimes, all alive at once, and one case on each of them in turn
    results    everything that was measured, ratios, and where Mote is behind
    report     micro.json and README.md
    group      the order of events
"""
