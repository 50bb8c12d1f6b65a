"""What `bench/run.py` is made of.

    speed       the group `speed`, in the order of events: the rooms below it are its own, but for those shared
    limits      the group `limits`, a house of its own
    deploy      the group `deploy`, another; so are `density` and `micro`
    workloads   what is asked of a worker, and what the right answer is
    peers       which runtimes there are, where their binaries are, how each is started
    upstream    the server that the `stream` worker fetches from
    server      one process under test: its start, CPU time, memory and end
    load        wrk: requests a second and latencies
    machine     cores, and the description that goes into the results
    measure     one visit: one peer, one workload, one round
    summary     medians, spreads, ratios, and where Mote loses
    report      results.json and README.md
    plot        bars with spread, as SVG
    progress    the bar on stderr
    markdown    tables and numbers as the reports write them
    anonymous   no path of this machine in what is published

`measure` knows the rooms between it and `limits`; `summary`, `report` and `plot` know only what it wrote down.
Nothing here needs more than Python's standard library.
"""
