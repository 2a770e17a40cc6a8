"""Tuning: which pool size, overflow and number of threads serve one side best within so many connections.

`search` says what is tried and what is best of it, from figures alone; `session` starts the app under a setting and
measures it; `advice` puts into words what was found.
"""
