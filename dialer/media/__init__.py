"""Speech made ahead of time, and recordings."""
