"""A private Postgres and a private Asterisk for machines that have none."""
