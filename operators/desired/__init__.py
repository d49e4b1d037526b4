"""Desired state: pure functions from a custom resource to the objects that should exist for it."""
