"""Loops over bytes that are too many for Python: compiled by numba, import them where a block or a record is at hand.

Importing one takes most of a second, so nothing imports these modules at the top but each other and pipelines.judge.fast.
"""
