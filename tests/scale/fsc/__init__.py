"""Benchmarks of the FSC peer beside their floors."""
