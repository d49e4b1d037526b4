"""Declared installations: environment files, and the embedded cluster that stands in for somebody's."""
