"""FSC without input or output: contracts, hashes, signatures, tokens, identities."""
