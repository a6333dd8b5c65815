"""The thin HTTP layer: a route table, one path through it, no framework (ADR 0003)."""
