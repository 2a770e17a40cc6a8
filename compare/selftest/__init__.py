"""Proof that the comparator bites: a pair of small apps, many planted divergences, and the code each must be found by.

The apps keep a harbour's books and know nothing of any app that is compared in earnest. They are healthy twins; the
request header `x-plant: NAME` switches one defect on, and environment variables switch on what only a whole process can
have. A plant that is not found as one group with the expected code in front is a defect of the comparator.

This file imports nothing: the apps below it run in processes of their own, which have no use for the engine.
"""
