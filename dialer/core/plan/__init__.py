"""Which number of which case is called when: the plan, its rules, and what the log of attempts teaches.

values    the words of planning: slots, what a city asks of its plans, a plan, a hold
slots     how likely somebody is reached, by kind of number and slot, and for one person
days      the calling hours of each day, cut into windows of one slot, and remembered
facts     what planning goes by, as a short text that is kept with the case
outlook   what the rest of a round offers: the legal windows of one number, the best first
planning  the plan of a case, or why it has none; a day's planning of very many
words     the reasons, as people read them
"""
