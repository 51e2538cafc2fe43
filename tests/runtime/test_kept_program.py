"""Programs whose stages are kept: what is read back is what was made, and only of equal inputs."""

import numpy as np
import pytest

from npu.frontend.workloads.by_name import workload
from npu.runtime import compiler, kept_program, session
from npu.runtime.compiler import compile_text
from npu.runtime.entry_cache import CacheWarning
from npu.runtime.kept_program import Keep
from npu.runtime.progress import StageClock
from npu.runtime.session import simulate_program, spike_outputs


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path))
    return tmp_path / "programs"


@pytest.fixture(scope="module")
def program():
    return workload("softmax_9x20").program


def texts(compiled):
    return {name: compiled.ir(name) for name in compiled.stage_names}


def cycles(compiled):
    return simulate_program(compiled, StageClock()).total_cycles


def no_passes(*_):
    raise AssertionError("the program is compiled again")


def test_a_kept_program_is_the_one_that_was_made(program, monkeypatch):
    made = compile_text(program.text, "8x8", keep=Keep.MADE)
    wanted, timed = texts(made), cycles(made)
    with monkeypatch.context() as patched:
        for module, name in [
            *((compiler, name) for name in ("run_stages", "emit_llvm", "compile_module")),
            (session, "Spike"),
        ]:
            patched.setattr(module, name, no_passes)
        read = compile_text(program.text, "8x8", keep=Keep.READ)
        assert texts(read) == wanted
        assert list(read.stages) == list(made.stages)
        assert cycles(read) == timed
        assert not read.has_image
    first, second = (spike_outputs(one, program.values, StageClock())[0] for one in (made, read))
    np.testing.assert_array_equal(first, second)


def test_without_the_cycles_of_its_tile_functions_they_are_timed(program, folder):
    made = compile_text(program.text, "8x8", keep=Keep.MADE)
    timed = cycles(made)
    for entry in (folder.parent / "tile-timing").rglob("*.json"):
        entry.unlink()
    read = compile_text(program.text, "8x8", keep=Keep.READ)
    assert cycles(read) == timed
    assert read.has_image


def test_nothing_is_kept_and_nothing_read_unless_asked_for(program, folder, monkeypatch):
    compile_text(program.text, "8x8")
    assert not folder.exists()
    compile_text(program.text, "8x8", keep=Keep.MADE)
    assert len(list(folder.rglob("*.json"))) == 1
    monkeypatch.setattr(compiler, "run_stages", no_passes)
    for keep in (Keep.NOTHING, Keep.MADE):
        with pytest.raises(AssertionError, match="again"):
            compile_text(program.text, "8x8", keep=keep)


@pytest.mark.parametrize("change", ["text", "machine", "options", "joins", "code"])
def test_another_program_machine_option_or_compiler_is_compiled(program, monkeypatch, change):
    compile_text(program.text, "8x8", keep=Keep.MADE)
    text, machine, options = program.text, "8x8", {}
    if change == "text":
        text += "\n"
    elif change == "machine":
        machine = "32x32"
    elif change == "options":
        options["conv_strategy"] = "another"
    elif change == "joins":
        options["join"] = False
    else:
        monkeypatch.setattr(kept_program, "code_version", lambda: "another")
    monkeypatch.setattr(compiler, "run_stages", no_passes)
    monkeypatch.setattr(compiler, "pipeline", lambda *_, **__: [])
    with pytest.raises(AssertionError, match="again"):
        compile_text(text, machine, keep=Keep.READ, **options)


def test_a_damaged_program_is_told_of_and_compiled_again(program, folder):
    made = compile_text(program.text, "8x8", keep=Keep.MADE)
    (entry,) = folder.rglob("*.json")
    entry.write_text(entry.read_text().replace("softmax", "softmix"))
    with pytest.warns(CacheWarning, match="corrupted cache entry .*the program is compiled again"):
        read = compile_text(program.text, "8x8", keep=Keep.READ)
    assert read.stages == made.stages
