"""A message about a long line shows a window of it, with the carets in their place."""

from npu.dialects.excerpt import BEFORE, WIDTH, excerpt


def message(source, at, said):
    return f"f.mlir:1:{at + 1}\n{source}\n{' ' * at}^^\n{' ' * at}{said}\n{source}"


def test_short_lines_stay():
    text = message("%a = arith.constant 1", 5, "is wrong")
    assert excerpt(text) == text
    assert excerpt("no line is shown") == "no line is shown"


def test_long_lines_are_cut_around_what_is_wrong():
    source = "x" * 5000 + "!!" + "y" * 5000
    _, shown, carets, said, following = excerpt(message(source, 5000, "is wrong")).split("\n")
    assert len(shown) == WIDTH + len(" ...")
    assert shown[BEFORE : BEFORE + 2] == "!!"
    assert carets == " " * BEFORE + "^^"
    assert said == " " * BEFORE + "is wrong"
    assert following == "x" * WIDTH + " ..."
