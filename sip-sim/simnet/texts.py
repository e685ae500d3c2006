"""What is said on the telephone in Japan, in our own words: openings, greetings, announcements of the network."""

NOT_IN_USE = "おかけになった電話番号は、現在使われておりません。番号をお確かめになって、もう一度おかけ直しください。"
NUMBER_CHANGED = "おかけになった電話番号は、変更になりました。新しい番号をお調べになって、おかけ直しください。"
UNPAID = "おかけになった電話番号は、お客様のご都合により、おつなぎできません。"
OUT_OF_AREA = "おかけになった電話は、電波の届かない場所にあるか、電源が入っていないため、かかりません。"
VOICEMAIL = (
    "ただいま電話に出ることができません。留守番電話サービスに接続します。発信音の後に、お名前とご用件をお話しください。"
)
MACHINE = "ただいま留守にしております。ピーという発信音の後に、お名前とご用件をお話しください。"
SCREENING = "この通話は、防犯のため録音されます。お名前とご用件をおっしゃってください。"

SAYS_NOTHING = "-"  # many people wait for an unknown caller to speak first

OPENINGS = (
    "もしもし。",
    "はい。",
    "はい、もしもし。",
    "はい、田中です。",
    "はい、佐藤でございます。",
    "はい、鈴木ですけど。",
    "あ、もしもし。",
    "どなたですか。",
    "もしもし、どちら様ですか。",
    "お電話ありがとうございます、山田商店です。",
    SAYS_NOTHING,
)
OWN_MACHINES = (
    MACHINE,
    "はい、田中です。ただいま留守にしております。発信音の後に、メッセージをお願いします。",
    "ただいま近くにおりません。御用の方は、発信音の後にお話しください。",
)
REPLIES = (
    "はい、そうです。",
    "ああ、納付の件ですか。",
    "すみません、うっかりしていました。",
    "今週中に払います。",
    "わかりました。",
    "はい。",
)
STILL_THERE = "もしもし、聞こえますか。"
WHO_IS_IT = "はい、お待たせしました。どちら様ですか。"
OPERATOR_GREETING = "お待たせいたしました。こちらは市の納付お知らせセンターです。"
OPERATOR_REPLIES = (
    "納付期限を過ぎておりますので、ご案内のお電話です。",
    "ご都合はいかがでしょうか。",
    "承知いたしました。",
    "よろしくお願いいたします。",
)
CALLER_WORDS = "もしもし、先ほどお電話をいただいた者です。"


def sentences(text: str) -> list[str]:
    """Cut after 。 so that a greeting can pause where its speaker does."""
    return [part + "。" for part in text.split("。") if part.strip()]
