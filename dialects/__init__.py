"""The `npu` and `tog` dialects and the table of custom instructions."""

from npu.dialects.mend_xdsl import mend

mend()
