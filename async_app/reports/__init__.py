"""Reports, the dashboard, the export and the price list."""
