"""The jobs of the fraud and projection Worker, one module per job; each takes its ports as
arguments.
"""
