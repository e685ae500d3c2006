"""How a desk phone is asked to answer by itself: it is an operator's leg, and stays up between talks.

There is no one way. Snom, Grandstream, Yealink and Cisco take the first, Polycom and Yealink the second. A phone that
knows neither is set to answer by itself; a browser's phone needs no asking.
"""

AUTO_ANSWER = {
    "PJSIP_HEADER(add,Call-Info)": "<sip:yobikake.invalid>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<http://yobikake.invalid>;info=alert-autoanswer;delay=0",
}
"""Variables of the Originate of an operator's leg."""
