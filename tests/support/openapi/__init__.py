"""Holds what goes over the wire in tests to OpenAPI documents: our own, and the standard's where they are at hand."""
