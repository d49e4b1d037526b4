"""HTTP over TLS: the server and the client on which every process of the peer runs.

Start at `message.py` for what goes in and out, `server.py` and `pool.py` for the two ends, `tls.py` for certificates.
"""
