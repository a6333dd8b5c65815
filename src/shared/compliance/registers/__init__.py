"""Registers outside the house that say who may not play, and what follows from their answers."""
