"""What the set-up of the local edge is made of.

Invariant: every module here runs on Python 3.8 with the standard library only, because it is what a
fresh machine executes before the project's own interpreter and packages exist. Annotations are
never evaluated, so they may be modern; the rest of the syntax may not.
"""
