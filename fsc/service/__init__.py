"""What every process of a peer shares."""
