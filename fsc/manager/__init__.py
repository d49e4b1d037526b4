"""The Manager: contracts, tokens, peers and services; a Directory when the group chose it as such."""
