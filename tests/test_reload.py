"""A worker that starts again when its code changes: what runs is a stand-in for `auricle`."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from services import wait_until

TOOLS = Path(__file__).parents[1] / "tools"
PROGRAM = """import sys, time
print(*sys.argv[1:], flush=True)
time.sleep(600)
"""


def test_a_command_starts_again_when_its_code_changes(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    for name in ("dev.py", "node.py", "reload.py"):
        shutil.copy(TOOLS / name, tmp_path / "tools")
    code = tmp_path / "src" / "auricle"
    code.mkdir(parents=True)
    (code / "__init__.py").touch()
    (code / "__main__.py").write_text(PROGRAM)
    said = tmp_path / "said"

    def starts() -> int:
        return said.read_text(encoding="utf-8").count("worker --queues gpu")

    with said.open("wb") as output:
        command = [sys.executable, tmp_path / "tools" / "reload.py", "worker", "--queues", "gpu"]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
        running = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        wait_until(lambda: starts() == 1, "the command")
        (code / "__main__.py").write_text(PROGRAM + "\n")
        os.utime(code / "__main__.py", (0, 0))
        wait_until(lambda: starts() == 2, "the command, again")
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 143
    finally:
        running.terminate()
        running.wait(30)
    assert "The code has changed: the command starts again." in said.read_text(encoding="utf-8")
