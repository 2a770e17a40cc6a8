"""Load: how fast both sides answer the same requests, how sure that is, and why it is so.

From what `compare run` sends, `workload` learns what can be sent again and again; `generator`, a process of its own,
sends it; `figures` hold what one round showed, `judgement` what all of them show together.

It stands above `verdict`, whose `Side` plays what comes before the load, and below `report`.
"""
