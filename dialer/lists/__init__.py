"""The files that a city sends, read by a layout and judged row by row, and those it gets back (D-001). No database.

    rows        what comes out of a file, and its problems
    reading     bytes to records: encodings, delimited and fixed width
    whole       what a file is by its first bytes: only text is read
    judging     one cell after the other: is it what it should be?
    cases       lists of cases, and of people; several rows of one case become its items
    orders      payments, stops, last results of the round before
    readers     by which of these a layout is read
    recognising which layout a file has
    rounds      for which calling period a list is
    standard    the layout without a name
    writing     files for the city: whole or not at all, in its encoding

Every problem of a file is told at once, with its row, as Excel counts it, its column, and how to mend it.
"""
