"""The transaction log of a peer."""
