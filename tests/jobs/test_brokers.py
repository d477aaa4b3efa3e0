"""What wakes workers: the bell within a process, and the choice of brokers."""

import subprocess
import sys
import threading
import time

import pytest

from auricle.errors import InvalidSetting
from auricle.jobs.brokers import open_broker
from auricle.jobs.threads import ThreadBroker
from auricle.settings import Settings


def waiting(bell: ThreadBroker, *queues: str) -> threading.Thread:
    thread = threading.Thread(target=bell.wait, args=(queues,), daemon=True)
    thread.start()
    return thread


def test_without_a_broker_url_the_bell_is_within_the_process() -> None:
    assert isinstance(open_broker(Settings()), ThreadBroker)


def test_brokers_that_cannot_be_spoken_to_are_said() -> None:
    program = (
        "import sys; sys.modules['celery'] = None\n"
        "from auricle.errors import InvalidSetting\n"
        "from auricle.jobs.brokers import open_broker\n"
        "from auricle.settings import Settings\n"
        "try:\n    open_broker(Settings(broker_url='redis://127.0.0.1:1/0'))\n"
        "except InvalidSetting as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'auricle[celery]'" in done.stdout


def test_an_address_of_another_kind_is_no_broker() -> None:
    with pytest.raises(ValueError, match="broker_url"):
        Settings(broker_url="kafka://127.0.0.1")
    assert issubclass(InvalidSetting, Exception)


def test_a_ring_wakes_one_who_waits_for_the_queue() -> None:
    bell = ThreadBroker(patience=60)
    deaf, woken = waiting(bell, "cpu"), waiting(bell, "gpu", "cpu")
    bell.ring("gpu")
    woken.join(10)
    assert not woken.is_alive()
    assert deaf.is_alive()
    assert bell.depth("gpu") == 0
    bell.close()


def test_a_ring_that_came_before_is_heard() -> None:
    bell = ThreadBroker(patience=60)
    bell.ring("gpu")
    assert bell.depth("gpu") == 1
    thread = waiting(bell, "gpu")
    thread.join(10)
    assert not thread.is_alive()


def test_who_waits_looks_by_itself_after_a_while() -> None:
    thread = waiting(ThreadBroker(patience=0.05), "gpu")
    thread.join(10)
    assert not thread.is_alive()


def test_a_closed_bell_wakes_everybody() -> None:
    bell = ThreadBroker(patience=60)
    threads = [waiting(bell, "gpu") for _ in range(5)]
    bell.close()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)


def test_a_ring_is_passed_on_only_while_somebody_is_free() -> None:
    bell = ThreadBroker(patience=60)
    passing = threading.Thread(target=bell.pass_on, args=("gpu",), daemon=True)
    passing.start()
    waiting(bell, "gpu").join(10)
    time.sleep(0.1)
    assert passing.is_alive(), "nobody waits for the next ring yet"
    waiting(bell, "gpu")
    passing.join(10)
    assert not passing.is_alive()
    bell.close()


def test_a_ring_that_is_passed_on_when_all_leave_holds_nobody() -> None:
    bell = ThreadBroker(patience=60)
    passing = threading.Thread(target=bell.pass_on, args=("gpu",), daemon=True)
    passing.start()
    bell.close()
    passing.join(10)
    assert not passing.is_alive()
