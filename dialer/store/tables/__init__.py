"""The tables, in the words of the glossary. store/README.md says why each is as it is.

Every row carries its city, and a foreign key over (id, city) keeps a row from pointing into another city.
"""

from dialer.store.tables import calls, centre, desk, manuals, messages, results, staff, watching
from dialer.store.tables.columns import metadata

__all__ = ["calls", "centre", "desk", "manuals", "messages", "metadata", "results", "staff", "watching"]
