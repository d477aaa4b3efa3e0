"""A worker that is killed (-9) in one stage, at the worst moment: all is done and nothing is written yet.

python killed_worker.py DATA_DIR DATABASE STAGE
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from auricle.jobs import stages
from auricle.jobs.runner import work_once
from auricle.jobs.work import Made, Work
from auricle.testing import FakeEngine
from place import open_office


def main() -> None:
    folder, database, name = sys.argv[1:]
    stage = stages.BY_NAME[name]

    def die(work: Work) -> Made:
        stage.run(work)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    dict.__setitem__(stages.BY_NAME, name, replace(stage, run=die))
    office = open_office(
        Path(folder), FakeEngine(), database, tables=lambda _: None, lease=1, heartbeat=0.2, part_length=30
    )
    while work_once(office.shift("victim")):
        pass


if __name__ == "__main__":
    main()
