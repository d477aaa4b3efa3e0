"""What `make lint` says about vulnerable dependencies, asked of a server that speaks OSV's wire."""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services import free_port

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "tools" / "audit.py"
ADVISORY = {
    "id": "GHSA-aaaa-bbbb-cccc",
    "aliases": ["CVE-2026-1"],
    "summary": "Reads too much.",
    "affected": [
        {
            "package": {"name": "leaky", "ecosystem": "PyPI"},
            "ranges": [
                {
                    "type": "ECOSYSTEM",
                    "events": [
                        {"introduced": "0"},
                        {"fixed": "1.9.9"},
                        {"introduced": "2.0"},
                        {"fixed": "2.0.10"},
                        {"introduced": "3.0"},
                        {"fixed": "3.1"},
                    ],
                }
            ],
        }
    ],
}


class Advisories:
    """OSV on a real socket: `known` are advisories by package and version."""

    def __init__(self) -> None:
        self.known = {}
        self.asked = []
        self.status, self.body = 200, None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert query["package"]["ecosystem"] == "PyPI"
                pin = (query["package"]["name"], query["version"])
                outer.asked.append("==".join(pin))
                found = {"vulns": outer.known[pin]} if pin in outer.known else {}
                body = json.dumps(found).encode() if outer.body is None else outer.body
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/query"


@pytest.fixture
def osv():
    advisories = Advisories()
    thread = threading.Thread(target=advisories.server.serve_forever)
    thread.start()
    yield advisories
    advisories.server.shutdown()
    advisories.server.server_close()
    thread.join()


@pytest.fixture
def lock(tmp_path):
    def write(*pins, name="base.txt"):
        file = tmp_path / name
        file.write_text("".join(f"{pin} \\\n    --hash=sha256:{'0' * 64}\n" for pin in pins))
        return file

    return write


def audit(url, *locks, **environment):
    command = [sys.executable, TOOL, "--osv-url", url, *locks]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


def test_pins_without_a_known_vulnerability_pass_in_silence(osv, lock):
    done = audit(osv.url, lock("leaky==2.1", "sound==1.0"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert osv.asked == ["leaky==2.1", "sound==1.0"]


def test_a_vulnerable_pin_fails_and_the_next_version_that_mends_it_is_named(osv, lock):
    osv.known["leaky", "2.0.9"] = [ADVISORY]
    done = audit(osv.url, lock("leaky==2.0.9", "sound==1.0"))
    assert done.returncode == 1
    assert done.stdout == (
        "leaky 2.0.9 is vulnerable, 2.0.10 mends it: CVE-2026-1, GHSA-aaaa-bbbb-cccc: Reads too much.\n"
    )


def test_a_vulnerability_that_no_version_mends_says_so(osv, lock):
    osv.known["leaky", "4.0"] = [ADVISORY]
    assert "leaky 4.0 is vulnerable, no version mends it" in audit(osv.url, lock("leaky==4.0")).stdout


def test_a_withdrawn_advisory_is_none(osv, lock):
    osv.known["leaky", "2.0"] = [{**ADVISORY, "withdrawn": "2026-01-01T00:00:00Z"}]
    assert audit(osv.url, lock("leaky==2.0")).returncode == 0


def test_versions_for_other_pythons_platforms_and_extras_are_asked_about_too(osv, lock):
    base = lock(
        "numpy==2.4 ; python_full_version < '3.12'",
        "numpy==2.5 ; python_full_version >= '3.12'",
        "colorama==0.4 ; sys_platform == 'win32'",
    )
    extra = lock("numpy==2.3", "colorama==0.4", name="extra.txt")
    osv.known["numpy", "2.3"] = [ADVISORY]
    done = audit(osv.url, base, extra)
    assert sorted(osv.asked) == ["colorama==0.4", "numpy==2.3", "numpy==2.4", "numpy==2.5"]
    assert done.stdout.startswith("numpy 2.3 is vulnerable")


def test_what_a_lock_leaves_out_is_not_asked_about(osv, lock):
    audit(osv.url, lock("torch==2.15.0 ; sys_platform == 'none'", "sound==1.0"))
    assert osv.asked == ["sound==1.0"]


def test_a_pin_without_hashes_is_refused(osv, tmp_path):
    (tmp_path / "base.txt").write_text("sound==1.0\n")
    done = audit(osv.url, tmp_path / "base.txt")
    assert done.returncode == 1
    assert "'sound==1.0' is no pinned version with its hashes; run 'make lock'." in done.stderr
    assert osv.asked == []


def nobody(osv):
    return f"http://127.0.0.1:{free_port()}/v1/query"


def out_of_order(osv):
    osv.status = 503
    return osv.url


def a_sign_in_page(osv):
    osv.body = b"<html>Welcome to the hotel</html>"
    return osv.url


@pytest.mark.parametrize("service", [nobody, out_of_order, a_sign_in_page])
def test_a_service_that_gives_no_answer_is_one_line_of_warning(osv, lock, service):
    url = service(osv)
    done = audit(url, lock("sound==1.0"))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"audit: {url} could not be asked about vulnerabilities: ")
    assert len(done.stderr.splitlines()) == 1


def test_where_the_audit_is_required_no_answer_is_a_failure(osv, lock):
    done = audit(nobody(osv), lock("sound==1.0"), AURICLE_AUDIT="required")
    assert done.returncode == 1
    assert "could not be asked" in done.stderr


def test_a_misspelt_requirement_of_the_audit_is_refused(osv, lock):
    done = audit(osv.url, lock("sound==1.0"), AURICLE_AUDIT="requried")
    assert done.returncode == 2
    assert "AURICLE_AUDIT can only be 'required' or unset" in done.stderr


def test_without_a_lock_everything_users_may_install_is_asked_about(osv):
    assert audit(osv.url).returncode == 0
    packages = {pin.partition("==")[0] for pin in osv.asked}
    assert {"fastapi", "celery", "boto3", "psycopg", "openai-whisper", "pyannote-audio"} <= packages
    assert "pytest" not in packages
    assert len(osv.asked) == len(set(osv.asked))


@pytest.mark.parametrize("name", ["GHSA-aaaa-bbbb-cccc", "CVE-2026-1"])
def test_an_accepted_vulnerability_counts_again_when_its_time_is_over(name):
    specification = importlib.util.spec_from_file_location("audit", TOOL)
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    found = {
        "id": "GHSA-aaaa-bbbb-cccc",
        "aliases": ["CVE-2026-1"],
        "fix_versions": [],
        "description": "Bad.",
    }
    answers = [{"name": "leaky", "version": "2.0", "vulns": [found]}]
    accepted = [tool.Accepted(name, "We call none of it.", date(2026, 12, 31))]
    assert list(tool.problems(answers, accepted, date(2026, 12, 31))) == []
    [late] = tool.problems(answers, accepted, date(2027, 1, 1))
    assert late.endswith("Bad. It was accepted until 2026-12-31: We call none of it.")
