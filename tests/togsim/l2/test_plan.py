"""Plan files: the three spellings mean the same, mistakes are named, nothing is executed."""

import pytest

from npu.configs.errors import UserError
from npu.togsim.l2 import check_plan, load_plan

GOOD = {
    "mapping.yaml": "plan: [w0, 'bias 1']\n",
    "list.yaml": "- w0\n- bias 1\n",
    "mapping.json": '{"plan": ["w0", "bias 1"]}',
    "list.json": '["w0", "bias 1"]',
    "set.py": 'plan = {"w0", "bias 1"}\n',
    "list.py": '"""The buffers to keep."""\n# two\nplan: list = ["w0",\n  "bias 1",\n]\n',
    "tuple.py": "plan = ('w0', 'bias 1')",
}

EMPTY = {"a.yaml": "plan: []", "b.json": "[]", "c.py": "plan = set()", "d.py": "plan = ()"}

BAD = {
    "empty.yaml": ("", "holds nothing"),
    "word.yaml": ("w0", "word.yaml:1: holds 'w0', not a list"),
    "key.yaml": ("buffers: [w0]", "'buffers' is not a key of a plan"),
    "number.yaml": ("plan: [w0, 3]", "number.yaml:1: the plan holds '3'"),
    "yes.yaml": ("- yes", "the plan holds yes, which YAML 1.1 reads as true"),
    "nested.yaml": ("- [w0]", "the plan holds a list"),
    "twice.yaml": ("- w0\n- w0", "'w0' stands in the plan twice"),
    "none.yaml": ("plan:", "holds nothing"),
    "broken.yaml": ("plan: [w0", "broken.yaml:1: not valid YAML"),
    "tag.yaml": ("!!python/object/apply:os.system [id]", "holds a tag (!!python/"),
    "bytes.yaml": (b"\xff\xfe\x00", "cannot be read"),
    "zero.py": ("plan = {'a'}\0", "is not Python"),
    "call.py": ("plan = set(open('x'))", "is not a set, list or tuple"),
    "import.py": ("import os\nplan = {'a'}", "import.py:1: is not an assignment to 'plan'"),
    "other.py": ("plans = {'a'}", "other.py:1: is not an assignment to 'plan'"),
    "two.py": ("plan = {'a'}\nplan = {'b'}", "two.py:2: 'plan' is assigned twice"),
    "chain.py": ("plan = other = {'a'}", "is not an assignment to 'plan'"),
    "item.py": ("plan = {\n  'a',\n  b}", "item.py:3: an entry of 'plan' is not a text"),
    "bytes.py": ("plan = [b'a']", "an entry of 'plan' is not a text"),
    "dict.py": ("plan = {'a': 1}", "is not a set, list or tuple"),
    "syntax.py": ("plan = {", "syntax.py:1: is not Python"),
    "nothing.py": ("'''only words'''", "holds no plan"),
    "deep.py": ("plan = " + "(" * 5000 + ")" * 5000, "is not Python"),
}


def written(folder, name, text):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("name", GOOD)
def test_every_spelling_means_the_same(name, tmp_path):
    assert load_plan(written(tmp_path, name, GOOD[name])) == {"w0", "bias 1"}


@pytest.mark.parametrize("name", EMPTY)
def test_a_plan_may_be_empty(name, tmp_path):
    assert load_plan(written(tmp_path, name, EMPTY[name])) == frozenset()


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_plan_is_refused(name, tmp_path):
    text, expected = BAD[name]
    with pytest.raises(UserError) as raised:
        load_plan(written(tmp_path, name, text))
    assert expected in str(raised.value)
    assert name in str(raised.value)


def test_python_is_not_executed(tmp_path):
    witness = tmp_path / "witness"
    text = f"plan = [open({str(witness)!r}, 'w').name]"
    with pytest.raises(UserError):
        load_plan(written(tmp_path, "evil.py", text))
    assert not witness.exists()


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(UserError, match="no such plan file"):
        load_plan(tmp_path / "none.yaml")
    with pytest.raises(UserError, match="cannot be read"):
        load_plan(tmp_path)


def test_a_name_that_is_no_tensor_is_refused_with_the_nearest():
    check_plan({"weights"}, ["weights", "bias"])
    with pytest.raises(UserError, match=r"'weigths' is not a tensor .*did you mean 'weights'"):
        check_plan({"weigths"}, ["weights", "bias"])
    with pytest.raises(UserError, match="it has 'bias', 'weights'"):
        check_plan({"x"}, ["weights", "bias"])
