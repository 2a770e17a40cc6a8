"""A small pair of apps for compare's own tests: a lighthouse's log book.

`legacy.py` and `aio.py` behave the same unless the environment variable PAIR_BUG plants a defect into `aio.py`.
"""
