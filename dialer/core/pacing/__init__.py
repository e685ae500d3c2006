"""How many calls to start now, so that operators rarely wait and nobody who answers is left alone.

values     what the engine knows at a moment, what a city wishes, what is decided
chances    how many persons and how many operators there will be: sums of many unlike chances
hazards    what calls and operators do as they grow older, learned from what was seen, also from what was cut short
learned    all tables of that kind, and what the last minutes were like beside them
tables     the same, made ready for a decision: by a grid of moments ahead
lookahead  the decision: start calls as long as whoever answers the next one is likely enough to meet an operator; put
           off those that do not ring yet when that has become unlikely
ledger     how many were left alone today, what is still allowed, and how careful to be
rate       no more new calls a second than the carrier allows
progressive  one call for each free operator
pacer      all of it together: told what happens, asked how many calls
record     what it was told and decided, as lines; the same day again from them
"""
