"""nginx as the backend, and as the floor: two of it in the places of Outway and Inway, with TLS on both sides."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from wegennet.fsc.trial.child import Child

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.trial.keys import Files

_MAIN = """\
daemon off;
{user}
worker_processes auto;
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  open_file_cache max=16;
  keepalive_timeout 75s;
  keepalive_requests 100000000;
  client_max_body_size 0;
  client_body_buffer_size 64k;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  proxy_buffers 16 64k;
  proxy_buffer_size 16k;
  proxy_busy_buffers_size 128k;
  ssl_protocols TLSv1.2 TLSv1.3;
  proxy_ssl_protocols TLSv1.2 TLSv1.3;
{servers}
}}
"""

_BACKEND = """\
  upstream sink {{ server {sink}; keepalive 64; }}
  server {{
    listen {listen};
    root {content};
    location = /up {{ proxy_pass http://sink; }}
  }}
"""

_OUTGOING = """\
  upstream {name} {{ server {next}; keepalive 256; keepalive_requests 100000000; }}
  server {{
    listen {listen};
    location / {{
      proxy_pass https://{name};
      proxy_ssl_certificate {certificate};
      proxy_ssl_certificate_key {key};
      proxy_ssl_trusted_certificate {roots};
      proxy_ssl_verify on;
      proxy_ssl_verify_depth 3;
      proxy_ssl_name {host};
      proxy_ssl_server_name on;
    }}
  }}
"""

_INCOMING = """\
  upstream backend {{ server {next}; keepalive 256; keepalive_requests 100000000; }}
  server {{
    listen {listen} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_client_certificate {roots};
    ssl_verify_client on;
    ssl_verify_depth 3;
    location / {{ proxy_pass http://backend; }}
  }}
"""


def backend(listen: str, content: Path, sink: str) -> str:
    """Serves files, and passes `/up` on to the sink."""
    return _BACKEND.format(listen=listen, content=content, sink=sink)


def outgoing(name: str, listen: str, following: str, *, host: str, files: Files, roots: Path) -> str:
    """Takes requests in the clear and passes them on with TLS, to a server whose certificate says `host`."""
    return _OUTGOING.format(
        name=name,
        listen=listen,
        next=following,
        host=host,
        certificate=files.certificate,
        key=files.key,
        roots=roots,
    )


def incoming(listen: str, following: str, files: Files, roots: Path) -> str:
    """Takes requests with TLS from clients with a certificate, and passes them on in the clear."""
    return _INCOMING.format(listen=listen, next=following, certificate=files.certificate, key=files.key, roots=roots)


def start(name: str, folder: Path, *servers: str) -> Child:
    """Starts one nginx, with a worker for each core."""
    folder.mkdir(parents=True)
    user = "user root;" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(_MAIN.format(user=user, folder=folder, servers="".join(servers)))
    program = shutil.which("nginx") or "nginx"
    # SIGQUIT to the master alone would wait for connections; the benchmark has none left that matter.
    return Child(name, [program, "-p", str(folder), "-c", str(config)], folder / "output.log")
