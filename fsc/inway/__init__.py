"""The Inway: reverse proxy in front of a peer's services."""
