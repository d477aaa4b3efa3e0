"""Which packages a machine needs."""

from auricle.bundle.locks import pins_for
from auricle.bundle.manifest import Target


def names(target: Target) -> dict[str, str]:
    return dict(pin.pin.split("==") for pin in pins_for(target))


def test_conditions_are_those_of_the_target_and_not_of_this_machine() -> None:
    older, newer = names(Target("cpu", "3.11", "x86_64")), names(Target("cpu", "3.12", "x86_64"))
    assert older["numpy"] != newer["numpy"]
    assert "colorama" not in older
    assert "hf-xet" in names(Target("cpu", "3.12", "aarch64"))
    assert {"psycopg", "celery", "boto3", "faster-whisper"} <= older.keys()


def test_what_only_the_first_releases_of_a_version_need_is_there() -> None:
    assert "async-timeout" in names(Target("cpu", "3.11", "x86_64"))  # for 3.11.2, which Debian 12 has
    assert "async-timeout" not in names(Target("cpu", "3.12", "x86_64"))


def test_nvidias_libraries_are_for_cuda_alone() -> None:
    cpu, cuda = names(Target("cpu", "3.11", "x86_64")), names(Target("cuda", "3.11", "x86_64"))
    assert not [name for name in cpu if name.startswith("nvidia")]
    assert "nvidia-cublas-cu12" in cuda
    assert cpu.items() <= cuda.items()


def test_every_package_is_pinned_by_hash() -> None:
    for pin in pins_for(Target("cuda", "3.13", "x86_64")):
        assert pin.hashes
        assert all(len(one) == 64 for one in pin.hashes)
        assert pin.line().count("--hash=sha256:") == len(pin.hashes)
