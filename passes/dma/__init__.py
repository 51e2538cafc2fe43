"""DMA: copies become transfers, buffers get slots."""
