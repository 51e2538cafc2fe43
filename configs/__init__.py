"""Machine descriptions: the typed `Machine`, its strict YAML loader, and the shipped machines."""
