"""The Outway: forward proxy for a peer's clients."""
