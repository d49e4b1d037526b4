"""Federated Service Connectivity: a peer by FSC Core 2.0.0 and FSC Logging 1.1.0."""
