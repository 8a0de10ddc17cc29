"""Engines to measure: each a script that reads work from standard input and reports seconds."""
