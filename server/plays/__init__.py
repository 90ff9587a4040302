"""Plays: what screens showed, kept as the signed batches themselves, counted exactly once.

A batch becomes rows of ``play_batch`` for the ranges of numbers not yet known; ``play_run`` holds the contiguous
ranges received and is the test for duplicates, the list of gaps and the receipt in one. Roll-ups grow in the same
transaction, by new plays only; coarser ones are derived from dirty marks.
"""
