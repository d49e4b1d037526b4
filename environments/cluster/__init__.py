"""The embedded cluster: a real single-node Kubernetes in namespaces of its own, with simulated nodes beside it."""
