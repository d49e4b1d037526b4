"""The native tools: pinned Go modules, built once into a cache keyed by their content."""
