"""What holds the twins together: one contract, one schema, one surface."""
