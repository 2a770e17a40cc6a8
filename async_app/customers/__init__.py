"""Customers and their ways to pay."""
