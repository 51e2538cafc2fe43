"""How near simulated cycles come to measured ones: `npu validate`."""
