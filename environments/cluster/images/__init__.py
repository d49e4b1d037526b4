"""Images built without a registry: byte-reproducible OCI archives, imported and pinned by digest."""
