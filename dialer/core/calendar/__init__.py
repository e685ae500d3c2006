"""Which day is open for what, and when something is due. Pure: holidays and plans arrive as values.

values    hours, periods, days of the year, national holidays
office    the city hall's open days (開庁日) and counting in them
seasons   calling periods (架電期間): yearly seasons with their edge rules, rounds with dates
rules     a city's calendar as data, and the agreed changes to it with their history
days      what one day is: pattern, hours, bands, reason and clause
checks    the plan against the tender's quotas: counts and warnings
due       due dates of reports, lists and plans
"""
