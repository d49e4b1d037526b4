"""The Controller: what services, inways and outways a peer has."""
