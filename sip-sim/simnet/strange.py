"""Callers who show something strange: whoever takes their calls must neither stumble over it nor believe it.

In a URI an escaped byte (`%0D%0A`) reaches the exchange as what it stands for, so a number can hold a line break. Some
of these break the grammar of SIP; an exchange may refuse such a call or take no notice of it at all.
"""

from simnet.callers import Shows, showing

LEGAL: dict[str, Shows] = {
    "no number at all": Shows(),
    "anonymous": Shows("anonymous", "Anonymous", host="anonymous.invalid", privacy="id"),
    "anonymous to us, not to the carrier": Shows(
        "anonymous", "Anonymous", "anonymous.invalid", asserted="0258001901", privacy="id"
    ),
    "unavailable, as gateways write it": Shows("unavailable", "", "unknown.invalid"),
    "asserted is another number": Shows("0258001902", asserted="0258001903"),
    "with the country": Shows("+81258001904", asserted="+81258001904"),
    "asserted as tel": Shows("0258001905", more=("P-Asserted-Identity: <tel:+81258001905>",)),
    "asserted twice": Shows(
        "0258001906",
        more=("P-Asserted-Identity: <sip:0258001906@127.0.0.1>", "P-Asserted-Identity: <tel:0258001907>"),
    ),
    "thirty digits": showing("025800190800000000000000000000"),
    "two hundred digits": showing("0258001909" * 20),
    "letters": showing("tanaka.hanako"),
    "a dialplan function": Shows("%24%7BSHELL(id)%7D", "${SHELL(id)}", asserted="%24%7BSHELL(id)%7D"),
    "a dialplan expression": Shows("%24%5B1%2B1%5D", "$[1+1]", asserted="%24%5B1%2B1%5D"),
    "commas, arguments": Shows("0258001910,1,Goto", "a,b,c&d|e", asserted="0258001910,1,Goto"),
    "another address inside": Shows("sip%3A0258001911%40192.0.2.1%3Bx%3D1", asserted="sip%3A0258001911%40192.0.2.1"),
    "a shell's words": Shows("%60reboot%60%3Bid", "`reboot`;$(id)", asserted="%60reboot%60%3Bid"),
    "a statement": Shows("0258001912'%20OR%201%3D1--", "'; DROP TABLE call; --", asserted="0258001912'--"),
    "a path": Shows("..%2F..%2Fetc%2Fpasswd", "../../etc/passwd", asserted="..%2F..%2Fetc%2Fpasswd"),
    "a line break": Shows("0258001913%0D%0AAction%3A%20Logoff%0D%0A%0D%0A", asserted="0258001913%0D%0AVariable%3A%20x"),
    "a byte of nothing": Shows("0258001914%00", asserted="0258001914%00"),
    "quotes in the name": Shows("0258001915", r"\"見本\" <sip:0258001916@192.0.2.1>", asserted="0258001915"),
    "a name in Japanese": Shows("0258001917", "見本　花子", asserted="0258001917"),
    "a name of many bytes": Shows("0258001918", "見本" * 100, asserted="0258001918"),
    "markup in the name": Shows("0258001919", "<script>alert(1)</script>", asserted="0258001919"),
}

BROKEN: dict[str, Shows] = {
    "a name that is no UTF-8": Shows("0258001920", "\udcff\udcfe\udc80", asserted="0258001920"),
    "a dialplan function, unescaped": Shows("${SHELL(id)}", asserted="0258001921"),
    "quotes that do not close": Shows("0258001922", '"見', asserted="0258001922"),
    "a From of nothing": Shows(host=""),
    "spaces in the number": Shows("0258 00 1923", asserted="0258001923"),
}

NUMBERS_NOT_OURS = (
    "0258009999",
    "+81258009999",
    "0",
    "9" * 60,
    "operator",
    "op01",
    "anonymous",
    "%24%7BEXTEN%7D",
    "0258000001%2C1",
    "..%2Fextensions",
    "0258000001%0D%0A",
)
"""What may be dialled and is no number of a city's."""
