"""The shared suite: written once, every test runs as [legacy] and as [async]."""
