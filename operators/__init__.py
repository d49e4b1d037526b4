"""The Kubernetes operator: it holds every tenant at the state that its custom resources ask for."""
