"""What makes a contact of a talk, as SQL: one wording for planning, figures and lists of calls.

The latest entry of a call counts; :talkers are those of the city's tender.
"""

IS_CONTACT = """detail ->> 'talker' = ANY(CAST(:talkers AS text[]))
               AND COALESCE(detail ->> 'identity_confirmed', 'true') = 'true'"""
"""Of what was said in a call, in the words of `rules replay`."""

SAID = f"""said AS ( -- of each talk the latest entry; a call for several cases has one for each, of the same words
    SELECT DISTINCT ON (call_id) call_id, {IS_CONTACT} AS reached
    FROM case_event WHERE city = :city AND kind = 'talk' AND at >= :since ORDER BY call_id, id DESC
)"""  # noqa: S608 - words of this program

TEACHES = """attempt.outcome = ANY(CAST(:counted AS text[]))
  AND (attempt.outcome <> 'talked' OR said.call_id IS NOT NULL)"""
"""Attempts of which a rate of contacts is made: a talk without its result says nothing yet."""
