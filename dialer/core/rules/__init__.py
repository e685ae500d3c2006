"""When a case is finished, and why: the tenders' completion and contact rules over a history of values.

`reading` turns the JSON of `rules replay` into a `CaseHistory`; `standing_of` folds it with the `CompletionRules` of a
city's profile into a `Standing` that carries its reason and its clause. Nothing here knows a clock, a calendar or a
database.
"""
