"""Domain rules: pure functions over values and loaded objects, the same on both sides of the migration."""
