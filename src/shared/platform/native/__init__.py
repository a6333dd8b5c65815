"""The ports on CPython: for tests, the simulator and tools. Never bundled into a Worker.

Same refusals as the platform, so that what passes here is not refused there.
"""
