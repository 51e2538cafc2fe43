"""Graphs as IR made graphs for togsim."""
