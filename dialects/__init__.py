"""The `npu` and `tog` dialects and the table of custom instructions."""
