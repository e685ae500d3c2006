"""The schema's history. A change of tables.py comes with one more revision here; a test compares the two."""
