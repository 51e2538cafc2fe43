"""The mathematics of tiling, without IR: footprints, traffic, estimates, searches."""
