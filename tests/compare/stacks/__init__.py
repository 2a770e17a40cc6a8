"""One small resource, the buoys of a fairway, on each stack that teams come from or go to.

Every module serves the same routes over the same two tables. `STACK_BUG` plants the one defect that the module's
docstring names. What a module imports need not be installed where the tests run: most have an interpreter of their own.
"""
