"""A copy of the project's tree that is used in place of it: to follow a page, to break something.

Its Python comes ahead of the installed one, and so do its C++ libraries, copies of those that are
installed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import npu.togsim._togsim
from npu.runtime.spike.library import library_path

ROOT = Path(__file__).parents[1]
SHOWN_COLUMNS = "100"
"""Width of the terminal that pages show."""

COPIED = (
    "configs", "dialects", "passes", "codegen", "togsim", "runtime", "frontend", "types", "docs",
    "benchmarks", "examples", "test", "tests", "pyproject.toml",
)  # fmt: skip
UNCOPIED = shutil.ignore_patterns("*.so", ".pytest_cache", "Output")

COMMANDS = {
    "npu": "npu.frontend.cli",
    "npu-opt": "npu.passes.npu_opt",
    "togsim": "npu.runtime.togsim_cli",
    "pytest": "pytest",
}
"""Commands run as modules, so that they need not be installed from the copy."""

# An editable installation finds its own modules before those of the search path.
SITE = """\
import sys
sys.meta_path[:] = [f for f in sys.meta_path if not type(f).__name__.startswith("ScikitBuild")]
"""


class CopiedTree:
    """The copy, in a folder of the caller's."""

    def __init__(self, folder):
        self.root = folder / "npu-toolkit"
        self.commands = folder / "bin"
        self.site = folder / "site"
        self._copy()
        self._write_commands()
        self.site.mkdir()
        (self.site / "sitecustomize.py").write_text(SITE)
        self.environment = self._environment(folder)

    def _copy(self):
        self.root.mkdir()
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.root / name, symlinks=True, ignore=UNCOPIED)
            else:
                shutil.copy(ROOT / name, self.root / name)
        shutil.copy(npu.togsim._togsim.__file__, self.root / "togsim")
        shutil.copy(library_path(), self.root / "runtime" / "spike")

    def _write_commands(self):
        self.commands.mkdir()
        for name, module in COMMANDS.items():
            script = self.commands / name
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
            script.chmod(0o755)

    def _environment(self, folder):
        scripts = Path(sys.executable).parent
        return {
            **{k: v for k, v in os.environ.items() if k not in {"NPU_SPIKE_LIBRARY", "NO_COLOR"}},
            "PATH": os.pathsep.join([str(self.commands), str(scripts), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(self.site), str(self.root / "types")]),
            "VIRTUAL_ENV": sys.prefix,
            "NPU_CACHE_DIR": str(folder / "cache"),
            "COLUMNS": SHOWN_COLUMNS,
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, command):
        """(status, standard output and error as they come) of a shell command in the tree."""
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout
