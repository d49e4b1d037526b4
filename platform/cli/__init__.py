"""The command `wegennet` of the central delivery organisation."""
