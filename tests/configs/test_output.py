"""The one writer: what each kind of target is left as."""

import errno
import os
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from npu.configs.errors import Notice, UserError
from npu.configs.file_options import STANDARD_OUTPUT, input_path, output_path
from npu.configs.output import open_output, write_output
from npu.configs.output.target import open_number


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refuse(code: int) -> Callable[..., None]:
    """In place of a function of the operating system."""

    def refused(*_args, **_options):
        raise OSError(code, os.strerror(code))

    return refused


@pytest.fixture
def folder(tmp_path: Path):
    """An empty folder that must hold no half files afterwards."""
    folder = tmp_path / "folder"
    folder.mkdir()
    yield folder
    assert [path.name for path in folder.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o027])
def test_a_new_file_has_the_mode_that_the_umask_leaves(folder: Path, umask: int):
    before = os.umask(umask)
    try:
        write_output(folder / "new", "text")
    finally:
        os.umask(before)
    assert mode(folder / "new") == 0o666 & ~umask


@pytest.mark.parametrize("old", [0o640, 0o600, 0o664, 0o755, 0o4755])
def test_an_old_file_keeps_its_mode(folder: Path, old: int):
    path = folder / "old"
    path.write_text("something longer than what comes")
    path.chmod(old)
    write_output(path, "text")
    assert (path.read_text(), mode(path)) == ("text", old)


def test_an_old_file_is_replaced_whole_or_stays(folder: Path):
    path = folder / "old"
    path.write_text("old")
    before = path.stat().st_ino

    def interrupted():
        with open_output(path) as file:
            file.write(b"half of it")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert path.read_text() == "old"
    write_output(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_ino != before, "a reader of the old one goes on reading the old one"


@pytest.mark.parametrize("target", ["there.json", "deeper/there.json", "not yet.json"])
def test_a_link_stays_and_what_it_leads_to_is_written(folder: Path, target: str):
    (folder / "deeper").mkdir()
    if target != "not yet.json":
        (folder / target).write_text("old")
    (folder / "second").symlink_to(target)
    (folder / "first").symlink_to(folder / "second")
    write_output(folder / "first", "text")
    assert (folder / "first").is_symlink()
    assert (folder / "second").readlink() == Path(target)
    assert (folder / target).read_text() == "text"
    assert not (folder / target).is_symlink()


def test_a_link_that_leads_nowhere_is_told_with_where_it_leads(folder: Path):
    (folder / "latest").symlink_to("no/folder")
    with pytest.raises(UserError, match=r"latest \(a link to .*no/folder\): cannot be written"):
        write_output(folder / "latest", "text")
    (folder / "ring").symlink_to("ring")
    with pytest.raises(UserError, match="ring; name another file"):
        write_output(folder / "ring", "text")


def test_all_names_of_a_file_see_what_was_written(folder: Path):
    (folder / "one").write_text("old and long")
    (folder / "two").hardlink_to(folder / "one")
    write_output(folder / "one", "new")
    assert (folder / "two").read_text() == "new"
    assert (folder / "one").samefile(folder / "two")


@pytest.mark.parametrize("linked", [False, True])
def test_a_device_stays_one(folder: Path, linked: bool):
    """A terminal of our own stands for devices: a rename over it could not harm the computer."""
    above, below = os.openpty()
    path = Path(os.ttyname(below))
    if linked:
        path = folder / "link"
        path.symlink_to(os.ttyname(below))
    write_output(path, "text\n")
    assert os.read(above, 100) == b"text\r\n"
    assert stat.S_ISCHR(path.stat().st_mode)
    assert path.is_symlink() == linked
    os.close(above)
    os.close(below)


def test_a_full_disk_is_told(folder: Path):
    (folder / "full").symlink_to("/dev/full")
    with pytest.raises(UserError, match=r"full .*No space left on device\); expected room"):
        write_output(folder / "full", "text")
    assert (folder / "full").readlink() == Path("/dev/full")


@pytest.mark.parametrize("size", [10, 300_000])
def test_a_pipe_is_written_through(folder: Path, size: int):
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    with warnings.catch_warnings(record=True):
        write_output(pipe, "x" * size)
    reader.join()
    assert got == [b"x" * size]
    assert pipe.is_fifo()


def test_a_pipe_without_a_reader_is_told_and_waited_for(folder: Path):
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    late = threading.Timer(0.3, pipe.read_bytes)
    late.start()
    with pytest.warns(Notice, match="pipe: nothing reads this pipe yet; waiting"):
        write_output(pipe, "text")
    late.join()


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.EPERM, errno.ENAMETOOLONG])
def test_a_file_in_a_folder_that_takes_no_new_one_is_written(
    folder: Path, code: int, monkeypatch: pytest.MonkeyPatch
):
    path = folder / "old"
    path.write_text("old and long")
    really = os.open

    def refuse_new(path, flags, *rest, **more):
        return refuse(code)() if flags & os.O_CREAT else really(path, flags, *rest, **more)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", refuse_new)
        write_output(path, "new")
        assert path.read_text() == "new"
        with pytest.raises(UserError, match="other: cannot be written"):
            write_output(folder / "other", "new")


def test_a_file_that_is_mounted_by_itself_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch):
    path = folder / "old"
    path.write_text("old and long")
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", refuse(errno.EBUSY))
        write_output(path, "new")
    assert path.read_text() == "new"


def test_a_file_whose_owner_would_change_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch):
    path = folder / "old"
    path.write_text("old and long")
    before = path.stat().st_ino
    with monkeypatch.context() as patched:
        patched.setattr(os, "fchmod", refuse(errno.EPERM))
        write_output(path, "new")
    assert (path.read_text(), path.stat().st_ino) == ("new", before)


def test_a_write_protected_file_stays(folder: Path, monkeypatch: pytest.MonkeyPatch):
    path = folder / "old"
    path.write_text("old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(UserError, match=r"old: cannot be written \(Permission denied\)"):
        write_output(path, "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize("length", [200, 250, 255])
def test_a_long_name(folder: Path, length: int):
    for text in ("first", "second"):
        write_output(folder / ("n" * length), text)
        assert (folder / ("n" * length)).read_text() == text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("n" * 256, "at most 255 bytes"),
        (".", "it is a folder"),
        ("no/file", "name a file in a folder that exists"),
        ("file/below", "name a file in a folder that exists"),
    ],
)
def test_what_cannot_be_a_file_is_told(folder: Path, name: str, message: str):
    (folder / "file").write_text("")
    with pytest.raises(UserError, match=message):
        write_output(folder / name, "text", "log ")


def test_names_of_options():
    assert output_path("-") == STANDARD_OUTPUT
    assert output_path("./-") == Path("-")
    assert input_path("-") == Path("/dev/stdin")
    assert input_path("./-") == Path("-")
    for text in ("", "results/"):
        with pytest.raises(UserError, match="expected the name of a file to write, or - for"):
            output_path(text)


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_standard_output_goes_on_where_it_is(folder: Path, name: str):
    """Into a file: what was printed before and after stays."""
    (folder / "link").symlink_to("/dev/stdout")
    assert open_number(folder / name) == 1
    code = (
        "import sys; from pathlib import Path; from npu.configs.output import write_output; "
        "print('before'); write_output(Path(sys.argv[1]), 'text\\n'); print('after')"
    )
    with (folder / "said").open("w") as said:
        subprocess.run([sys.executable, "-c", code, name], stdout=said, cwd=folder, check=True)
    assert (folder / "said").read_text() == "before\ntext\nafter\n"
