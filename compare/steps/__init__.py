"""The branches: from a legacy app to an async one, each branch green."""
