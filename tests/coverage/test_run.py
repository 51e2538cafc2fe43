"""The command: what it chooses, keeps, and how it ends; samples are faked but for one operator."""

import os
import signal

import pytest

from npu.configs.errors import UserError
from npu.configs.loader import load
from tests.coverage import workers
from tests.coverage.outcome import Outcome, State
from tests.coverage.run import chosen, main
from tests.coverage.samples import Call, Sample, samples_of
from tests.coverage.workers import Pool, Task, Work, outcomes


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NPU_CACHE_DIR", str(tmp_path / "cache"))


def fake(number):
    return Sample("add", "float32", number, Call(abs, ((), {})), (), "")


@pytest.fixture
def four(monkeypatch):
    """Four samples, of which the second ends its process."""

    def judged(sample, _machine):
        if sample.number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return Outcome(State.RIGHT)

    monkeypatch.setattr(workers, "samples_of", lambda *_: map(fake, range(4)))
    monkeypatch.setattr(workers, "judged", judged)


@pytest.mark.usefixtures("four")
def test_a_process_that_dies_is_an_error_and_the_others_go_on():
    found, ended = {}, []
    pool = Pool(
        Work(load("8x8"), None),
        lambda task, number, outcome: found.update({(task.operator, number): outcome}),
        ended.append,
    )
    pool.run([Task("add", "float32"), Task("mul", "float32")], 2)
    assert len(found) == 8
    assert len(ended) == 2
    faults = {key: one.reason for key, one in found.items() if one.state is State.ERROR}
    assert faults == dict.fromkeys([("add", 1), ("mul", 1)], "the process died (SIGKILL)")


def test_outcomes_are_kept_for_the_same_code(monkeypatch):
    machine = load("8x8")
    monkeypatch.setattr(workers, "samples_of", lambda *_: map(fake, range(2)))
    ran = []
    monkeypatch.setattr(
        workers, "judged", lambda one, _: ran.append(one.number) or Outcome(State.REFUSED, "why")
    )
    first = list(outcomes(Task("add", "float32"), Work(machine, None)))
    assert list(outcomes(Task("add", "float32"), Work(machine, None))) == first
    assert ran == [0, 1]
    list(outcomes(Task("add", "float32"), Work(machine, None, again="all")))
    assert ran == [0, 1, 0, 1]


def test_of_other_code_what_was_right_is_kept_where_asked(monkeypatch):
    machine = load("8x8")
    monkeypatch.setattr(workers, "samples_of", lambda *_: map(fake, range(2)))
    ran, states = [], [State.RIGHT, State.REFUSED]
    monkeypatch.setattr(
        workers, "judged", lambda one, _: ran.append(one.number) or Outcome(states[one.number])
    )
    task = Task("add", "float32")
    list(outcomes(task, Work(machine, None)))
    monkeypatch.setattr("tests.coverage.kept._code", lambda: "other code")
    found = [one for _, one in outcomes(task, Work(machine, None, again="refused")) if one]
    assert ran == [0, 1, 1]
    assert [one.is_earlier for one in found] == [True, False]
    list(outcomes(task, Work(machine, None)))
    assert ran == [0, 1, 1, 0]


def test_chosen():
    names = chosen(["add", "nn.functional.softm*"])
    assert {"add", "nn.functional.softmin"} < set(names)
    assert all(one == "add" or one.startswith("nn.functional.softm") for one in names)
    with pytest.raises(UserError, match=r"--only addd: .*did you mean 'add' or"):
        chosen(["addd"])


def test_samples_are_the_same_every_time():
    one, other = (next(samples_of("add", "int32", 1)) for _ in range(2))
    assert all(map(lambda a, b: a.equal(b), one.inputs, other.inputs))
    assert one.digest == other.digest


def test_the_command_of_one_operator(capsys, tmp_path):
    target = tmp_path / "page.md"
    chosen_parts = ["--only", "neg", "nonzero", "--dtype", "float32", "--samples", "1"]
    main([*chosen_parts, "--machine", "8x8", "--jobs", "1", "--page", str(target)])
    said = capsys.readouterr().out
    assert "neg float32 0: right" in said
    assert "nonzero float32 0: refused aten.nonzero gives as many" in said
    assert "| neg | 1/1 |  |" in target.read_text()


def test_a_wrong_sample_fails_the_command(capsys, monkeypatch):
    monkeypatch.setattr(
        workers, "judged", lambda *_: Outcome(State.WRONG, "far off", "far off indeed")
    )
    with pytest.raises(SystemExit) as left:
        main(["--only", "neg", "--dtype", "float32", "--samples", "1", "--jobs", "1"])
    said = capsys.readouterr()
    assert left.value.code == 1
    assert "wrong: neg, float32, sample 0: far off indeed" in said.out
    assert "1 samples are wrong" in said.err
