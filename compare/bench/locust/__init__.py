"""The same traffic for a Locust cluster: `export` rehearses it, `source` writes it, `user` sends it from a worker.

What lies between is data (`part`): what is sent is written as a scenario has it, since every deployed app has ids and
tokens of its own. Only `user` imports Locust, which patches the standard library of the process that does so.
"""
