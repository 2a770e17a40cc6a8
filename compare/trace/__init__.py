"""`compare trace`: what only a run can show of a sync app, while it is still sync."""
