"""The shared suite of the twins, and the tests of compare."""
