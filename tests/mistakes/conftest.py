"""Whole commands as processes of their own, with a cache folder of the test's."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.signals_heard import signals_heard

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def cache_folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def start(tmp_path: Path, cache_folder: Path) -> Start:
    """Starts `python ARGUMENTS` in the test's folder, in a process group of its own."""

    def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
        with signals_heard():
            return subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
                env=os.environ | {"NPU_CACHE_DIR": str(cache_folder)},
                start_new_session=True,
                **options,
            )

    return start
