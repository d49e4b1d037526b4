"""The Manager's tables: one module for each kind of thing, functions on a connection that is in a transaction."""
