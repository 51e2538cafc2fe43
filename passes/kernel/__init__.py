"""What passes on kernels share."""
