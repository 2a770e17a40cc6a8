"""Items, their categories, and the batch import."""
