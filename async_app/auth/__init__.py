"""Logging in and out, and who is asking."""
