"""The bodies of every HTTP API, shared by those who serve and those who call."""
