"""The process that upstream runs in: kept between requests, replaced when it is gone."""

import os

import pytest

from npu.configs.errors import UserError
from npu.frontend.places import Places
from npu.frontend.upstream import one_worker
from npu.frontend.upstream.client import lower

TEXT = "func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> { return %x : tensor<3xf32> }"
REQUEST = {
    "task": "lower",
    "dialect": "linalg",
    "text": TEXT,
    "allowed": ["func.func", "func.return"],
}
NO_REQUEST = {"task": "lower"}
"""What the worker cannot answer: it ends on it, as it does where upstream aborts."""


@pytest.fixture
def process():
    """Of the worker that has answered."""
    one_worker.ask(REQUEST)
    return one_worker._workers[0]._process


def test_one_process_answers_every_request(process):
    assert lower(TEXT, "linalg", Places("x.mlir")) == lower(TEXT, "linalg", Places("x.mlir"))
    assert one_worker._workers[0]._process is process


def test_one_that_is_gone_is_replaced(process):
    process.kill()
    process.wait()
    assert "func.func" in str(lower(TEXT, "linalg", Places("x.mlir")))


def test_one_that_dies_on_a_request_says_so_and_the_next_is_answered(process):
    with pytest.raises(one_worker.WorkerDied, match=r"^KeyError: 'text'$"):
        one_worker.ask(NO_REQUEST)
    assert process.poll() == 1
    assert "func.func" in str(lower(TEXT, "linalg", Places("x.mlir")))


def test_a_death_is_told_of_the_program(monkeypatch):
    def die(_request):
        raise one_worker.WorkerDied("LLVM ERROR: out of luck")

    monkeypatch.setattr("npu.frontend.upstream.client.ask", die)
    with pytest.raises(UserError, match=r"^x.mlir: upstream MLIR gave up on this program: LLVM "):
        lower(TEXT, "linalg", Places("x.mlir"))


def test_one_that_answered_before_is_not_believed_when_it_dies(process, monkeypatch):
    """Its death may come from what it did before: the fresh one is asked the same."""
    asked = []
    ask = one_worker._Worker.ask

    def once_dead(worker, request):
        asked.append(worker._process.pid)
        if len(asked) == 1:
            worker.end()
            raise one_worker.WorkerDied("")
        return ask(worker, request)

    monkeypatch.setattr(one_worker._Worker, "ask", once_dead)
    assert "func.func" in str(one_worker.ask(REQUEST)["module"])
    assert asked[0] == process.pid != asked[1]


def test_a_forked_process_has_a_worker_of_its_own(process):
    child = os.fork()
    if not child:
        try:
            one_worker.ask(REQUEST)
            mine = one_worker._workers[0]
            mine.end()
            os._exit(0 if mine._process.pid != process.pid else 1)
        except BaseException:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert process.poll() is None


def test_a_call_that_is_ended_early_ends_the_worker(process, monkeypatch):
    """What it was about to answer must not answer the next request."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(one_worker._Worker, "_exchange", interrupted)
    with pytest.raises(KeyboardInterrupt):
        one_worker.ask(REQUEST)
    assert process.poll() is not None
