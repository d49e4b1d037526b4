"""Benchmarks of the platform, each beside its floor in the same run: timings belong here and not in tests."""
