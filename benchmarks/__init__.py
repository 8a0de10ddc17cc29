"""Benchmarks: each prints ratios of what was measured in one run."""
