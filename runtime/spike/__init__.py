"""Spike in process: the values of RISC-V programs, and the cycles of tile functions."""

from npu.runtime.spike.spike import Spike
from npu.runtime.spike.trap import SpikeTrap

__all__ = ["Spike", "SpikeTrap"]
