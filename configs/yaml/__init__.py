"""YAML with places, read strictly."""
