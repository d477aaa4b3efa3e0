"""`auricle serve` as a process of its own, which can be killed and started again at the same address."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from services import free_port, wait_until

_SETTINGS = {"auth": "off", "min_free": 0, "device": "cpu", "rate_limit": "off"}


class Served:
    """A server on one port and one data folder; `settings` replace the defaults of `auricle serve`.

    `program` is run by Python in place of `auricle`. Nobody has to sign in, unless `auth` is on.
    """

    def __init__(self, folder: Path, program: Path | None = None, **settings: object) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._output = folder / "output"
        ours = {**_SETTINGS, "data_dir": folder / "data", **settings}
        self._environment = {
            **os.environ,
            **{f"AURICLE_{name.upper()}": str(value) for name, value in ours.items()},
        }
        self._program = [str(program)] if program else ["-m", "auricle"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, *self._program, "serve", "--port", str(self.port)]
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(command, env=self._environment, stdout=output, stderr=output)
        wait_until(lambda: httpx.get(f"{self.origin}/health/ready").status_code == 200, "the server")

    def kill(self) -> None:
        """As `kill -9` and a power cut do."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def said(self) -> str:
        """What it has said in the terminal so far."""
        return self._output.read_text(encoding="utf-8")
