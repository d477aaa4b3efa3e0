"""Whether the server or worker of this container is ready, for its health check: exits with 0 or 1.

python -m auricle.healthy [PORT]    by default AURICLE_PORT, where the server listens

It imports nothing of Auricle: a check every few seconds has to cost next to nothing.
"""

import os
import ssl
import sys
import urllib.error
import urllib.request

_PATIENCE = 8.0


def main() -> None:
    port = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AURICLE_PORT") or "8000"
    has_tls = len(sys.argv) == 1 and bool(os.environ.get("AURICLE_TLS_CERT"))
    # The certificate names the address that people use, which is not this one.
    context = ssl._create_unverified_context() if has_tls else None  # noqa: S323
    url = f"{'https' if has_tls else 'http'}://127.0.0.1:{port}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE, context=context):  # noqa: S310 - this machine
            return
    except urllib.error.HTTPError as error:
        reason = error.read(1000).decode(errors="replace")
    except OSError as error:
        reason = str(error)
    sys.exit(f"{url}: {reason}")


if __name__ == "__main__":
    main()
