"""The laboratory of the ear: a labelled corpus of answered calls, and how well a detector does on it.

LabError    one line: what the laboratory lacks and how to mend it
"""


class LabError(Exception):
    pass
