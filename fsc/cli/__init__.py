"""The command `fsc`."""
