"""Measures of who is tied to whom: pure functions on edge tables, in one process and as Spark DataFrames."""
