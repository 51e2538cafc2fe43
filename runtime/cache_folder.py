"""Where this project keeps what it computed once."""

import os
from pathlib import Path

from platformdirs import user_cache_dir

CACHE_VARIABLE = "NPU_CACHE_DIR"
"""Environment variable: the folder to keep caches in, instead of the user's cache folder."""


def cache_folder() -> Path:
    """The folder `NPU_CACHE_DIR` names, else the user's cache folder; it need not exist yet."""
    return Path(os.environ.get(CACHE_VARIABLE) or user_cache_dir("npu-toolkit"))
