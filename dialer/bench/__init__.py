"""`./run bench NAME`: what this machine does, as ratios first. One module for each thing that is measured.

calls.py      the engine against a bare loop that only originates, on one Asterisk and one network
people.py     whom they call
bare.py       the bare loop
cpu.py        what a program has used of the processors
figures.py    what was measured, held against the goals
table.py      the figures as a person reads them
imports.py    a city's lists, beside a bare COPY of their rows; import_people.py invents them
search.py     persons looked for in a town, beside a scan of everybody; search_people.py invents it
planning.py   a day's planning of very many cases, beside planning each by itself
month.py      a month of a city in virtual time, every call held against the rules; month_people.py, month_days.py
ear.py        the ear beside Asterisk's AMD(), on the recordings of ear-lab/
ear_calls.py  the ear in real calls: to the operator, to the message; likeness.py compares what was said with the tape
callers.py    people who call a centre that also calls: answered, waits, what each of them heard; and a burst
ear_streams.py  how many calls one ear can listen to
backup.py     a day backed up and restored, beside a bare copy of its recordings
commands.py   the command line of all of them
"""
