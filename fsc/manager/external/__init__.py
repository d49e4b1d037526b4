"""The API for the other peers of the group, under mTLS with group certificates (FSC Core 4.4.3)."""
