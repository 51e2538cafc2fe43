"""IR tests: `lit test/lit`, or one file. They run on the installed package, or else on the tree."""

import importlib.util
import os
import sys
from pathlib import Path

import lit.formats

here = Path(__file__).resolve().parent
root = here.parents[1]
bin_folder = Path(sys.executable).parent

config.name = "npu-toolkit"
config.suffixes = [".mlir"]
config.excludes = ["Inputs"]
config.test_format = lit.formats.ShTest(execute_external=False)
config.test_source_root = str(here)
config.test_exec_root = str(root / "build" / "lit")

config.environment["PATH"] = os.pathsep.join([str(bin_folder), os.environ.get("PATH", "")])
config.environment["PYTHONHASHSEED"] = "0"
for name in ("HOME", "PYTHONPATH", "NPU_CACHE_DIR", "XDG_CACHE_HOME"):
    if name in os.environ:
        config.environment[name] = os.environ[name]


def installed() -> bool:
    """Whether the package is installed in this interpreter."""
    try:
        return importlib.util.find_spec("npu.configs") is not None
    except ModuleNotFoundError:
        return False


if not installed():
    config.environment["PYTHONPATH"] = str(root / "types")

# Modules rather than console commands, so that an uninstalled tree works too.
config.substitutions += [
    (r"(?<![\w./-])npu-opt(?= )", f"{sys.executable} -m npu.passes.npu_opt"),
    (r"(?<![\w./-])togsim(?= )", f"{sys.executable} -m npu.runtime.togsim_cli"),
    (r"(?<![\w./-])filecheck(?= )", str(bin_folder / "filecheck")),
    (r"%root", str(root)),
]
