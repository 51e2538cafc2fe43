"""What follows pages notices when they are wrong."""

import pytest

FAULTS = {
    "other output of": "```console\n$ echo 12\n13\n```",
    "status 1 of": "```console\n$ false\n```",
    "status 0 of": "```console\n$ echo error: no\nerror: no\n```",
    "found 0 times": "```diff\n--- docs/design.md\n no such line\n+more\n```",
    "found 2 times": "```diff\n--- new.txt\n same\n+more\n```",
    "is there already": "```text\n# file: docs/design.md\n```",
    "names no file": "```diff\n+more\n```",
    "what is done with it?": "```python\nx = 1\n```",
    "has no end": "```python\n# file: new.py\nx = 1\n",
}


@pytest.mark.parametrize("message", FAULTS)
def test_a_fault_is_noticed(tree, tmp_path, message):
    page = tmp_path / "page.md"
    page.write_text(FAULTS[message])
    tree.write("new.txt", ["same", "same"])
    with pytest.raises(AssertionError) as caught:
        tree.follow(page)
    assert message in str(caught.value)


GOOD = """\
````python
# file: new.py
'''
```text
'''
print("one ... two", 3)
````

```diff
--- new.py
-print("one ... two", 3)
+print("one", 2)
@@
 '''
 ```text
+added
```

```console
$ export WHO=$PWD/new
$ grep -c added new.py && \\
    cat new.py
1
...
print(..., 2)
$ echo $WHO
.../npu-toolkit/new
$ ls missing 2>/dev/null || (echo error: a; echo b; exit 1)
error: a
b
```
"""


def test_a_page_is_followed(tree, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(GOOD)
    tree.follow(page)
    assert (tree.root / "new.py").read_text().startswith("'''\n```text\nadded\n'''\nprint(")
