"""SIPp's log lines and the SIP messages in them."""

import pytest

from simnet.notices import Notice, NoticeReader, parsed

INVITE = """INVITE sip:1860258001000@127.0.0.1:15160 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:15060;branch=z9hG4bKx
From: "0258001234" <sip:0258001234@127.0.0.1>;tag=1
To: <sip:1860258001000@127.0.0.1>
Call-ID: a@b
CSeq: 7 INVITE
P-Asserted-Identity: "0258001234" <sip:0258001234@127.0.0.1>
Privacy: id
Content-Type: application/sdp

v=0
o=- 1 1 IN IP4 127.0.0.1
c=IN IP4 127.0.0.2
m=audio 20010 RTP/AVP 0 8 101
"""
LOG = (
    f"@INVITE 2026-11-25\t01:09:06.416672\t1795568946.416672 a@b\n{INVITE}\n@.\n"
    "@ACK 2026-11-25\t01:09:07.1\t1795568947.1 a@b\n"
)


def test_notices_come_whole_however_the_log_is_cut() -> None:
    for cut in range(1, len(LOG)):
        reader = NoticeReader()
        found = [*reader.feed(LOG[:cut]), *reader.feed(LOG[cut:])]
        assert [(one.kind, one.call_id) for one in found] == [("INVITE", "a@b"), ("ACK", "a@b")]
        assert found[0].message.strip() == INVITE.strip()
        assert found[1] == Notice("ACK", 1795568947.1, "a@b")


def test_lines_that_are_no_notices_are_passed_over() -> None:
    assert list(NoticeReader().feed("something of SIPp's own\n@ no notice\n")) == []


def test_a_message_says_what_was_dialled_by_whom_and_where_its_audio_goes() -> None:
    message = parsed(INVITE)
    assert message.request_user == "1860258001000"
    assert message.user("From") == message.user("P-Asserted-Identity") == "0258001234"
    assert message.user("P-Preferred-Identity") is None
    assert message.header("privacy") == "id"
    assert message.audio == ("127.0.0.2", 20010)


@pytest.mark.parametrize(
    ("shown", "user"),
    [
        ("<sip:0258001234@127.0.0.1>;tag=1", "0258001234"),
        (r'"\"a\" <sip:0258001235@192.0.2.1>" <sip:0258001234@127.0.0.1>', "0258001234"),
        ("<tel:+81258001234>", "+81258001234"),
        ("<tel:0258001234;phone-context=+81>", "0258001234"),
        ("sip:0258001234,1;x=2@127.0.0.1", "0258001234,1;x=2"),
        ("<sip:127.0.0.1>;tag=1", None),
        ('"sip:0258001234@127.0.0.1" <sip:127.0.0.1>', None),
    ],
)
def test_the_user_is_the_one_of_the_address_and_not_of_a_name_beside_it(shown: str, user: str | None) -> None:
    message = parsed(f"INVITE sip:0258001000@127.0.0.1 SIP/2.0\nFrom: {shown}\n\n")
    assert message.user("From") == user


def test_an_offer_without_mu_law_has_no_audio_for_us() -> None:
    assert parsed(INVITE.replace("RTP/AVP 0 8 101", "RTP/AVP 8 101")).audio is None
    assert parsed(INVITE.partition("\n\n")[0]).audio is None
