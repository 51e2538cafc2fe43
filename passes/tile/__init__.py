"""Tiling: a mapped group becomes a kernel."""
