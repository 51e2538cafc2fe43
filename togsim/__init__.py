"""The system simulator: tile-operation graphs in, cycles of the whole machine out."""
