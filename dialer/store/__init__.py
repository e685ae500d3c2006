"""Postgres: tables, queries, migrations."""
