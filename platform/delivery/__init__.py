"""What the delivery organisation does with an environment: preview, up, refresh, destroy."""
