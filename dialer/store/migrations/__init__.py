"""The schema's history. A change of tables/ comes with one more revision here; a test compares the two."""
