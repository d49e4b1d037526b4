"""HTTP/1.1 and HTTP/2 over TLS, both sides."""
