"""How much memory is left, by files as Linux has them."""

import resource
from pathlib import Path

import pytest

from npu.configs.host_memory import memory_room


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "proc"
    (folder / "self").mkdir(parents=True)
    (folder / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    8000 kB\n")
    (folder / "self" / "status").write_text("VmSize:\t 3000 kB\nVmData:\t 1000 kB\n")
    return folder


def group(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def room(proc: Path, tmp_path: Path) -> tuple[int, str]:
    found = memory_room(proc, tmp_path / "groups")
    assert found is not None
    return found.bytes, found.limit


def test_what_the_computer_has_free(proc: Path, tmp_path: Path) -> None:
    assert room(proc, tmp_path) == (8000 * 1024, "the free memory of this computer")


def test_a_group_of_version_2_and_those_around_it(proc: Path, tmp_path: Path) -> None:
    (proc / "self" / "cgroup").write_text("0::/a/b\n")
    group(tmp_path / "groups" / "a" / "b", memory__max="max", memory__current=5)
    stat = "anon 100\ninactive_file 300\n"
    group(tmp_path / "groups" / "a", memory__max=5000, memory__current=4500, memory__stat=stat)
    assert room(proc, tmp_path) == (5000 - 4500 + 300, "the memory limit of its control group")


def test_a_group_of_version_1(proc: Path, tmp_path: Path) -> None:
    (proc / "self" / "cgroup").write_text("3:cpu,cpuacct:/\n4:memory:/a\n0::/\n")
    files = {"memory__limit_in_bytes": 7000, "memory__usage_in_bytes": 1000}
    group(tmp_path / "groups" / "memory" / "a", **files)
    assert room(proc, tmp_path)[0] == 6000


def test_a_group_seen_from_inside_a_container(proc: Path, tmp_path: Path) -> None:
    """The path is the host's, which is not there; the root is the container's own."""
    (proc / "self" / "cgroup").write_text("0::/host/only\n")
    group(tmp_path / "groups", memory__max=900, memory__current=1000)
    assert room(proc, tmp_path)[0] == 0  # never below


@pytest.mark.parametrize(
    ("limit", "used", "name"),
    [(resource.RLIMIT_AS, 3000, "ulimit -v"), (resource.RLIMIT_DATA, 1000, "ulimit -d")],
)
def test_a_limit_of_the_process(
    proc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, used: int, name: str
) -> None:
    most = 4000 * 1024

    def getrlimit(asked: int) -> tuple[int, int]:
        return (most if asked == limit else resource.RLIM_INFINITY, resource.RLIM_INFINITY)

    monkeypatch.setattr(resource, "getrlimit", getrlimit)
    assert room(proc, tmp_path) == (most - used * 1024, f"the limit of this process ({name})")


def test_nothing_is_known_elsewhere(tmp_path: Path) -> None:
    assert memory_room(tmp_path, tmp_path) is None
