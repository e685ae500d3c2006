"""Whether what a centre stands on is sound, and how to mend what is not. Values in, one finding for each thing out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dialer.core.values import TOKYO
from dialer.core.warning_values import ClockSeen


class Grade(StrEnum):
    WELL = "well"
    HEED = "heed"
    BAD = "bad"


GRADE_NAMES = {Grade.WELL: "良好", Grade.HEED: "注意", Grade.BAD: "異常"}
CHECK_NAMES = {
    "settings": "設定",
    "profile": "市の設定",
    "programs": "プログラム",
    "clock": "時計",
    "time_zone": "時間帯",
    "disk": "ディスク",
    "secrets": "秘密のファイル",
    "certificate": "証明書",
    "ports": "ポート",
    "exchange": "交換機の操作権限",
    "ear": "応答の判定の操作権限",
    "trunk": "回線",
    "fonts": "フォント",
    "database": "データベース",
    "migration": "表の版",
    "logs": "記録の保護",
    "backup": "バックアップ",
}

APART_HEED, APART_BAD = 0.5, 2.0  # seconds between our clock and the database's
DISK_HEED, DISK_BAD = 5 << 30, 1 << 30  # bytes
HOURS_HEED, HOURS_BAD = 24.0, 4.0  # of recording, with everybody talking
FILES_HEED, FILES_BAD = 0.10, 0.01  # share of file entries that are free
CERTIFICATE_HEED = timedelta(days=30)
BACKUP_HEED = timedelta(hours=36)
LONGEST_LIST = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was found, and how to mend it."""

    key: str
    grade: Grade
    text: str
    mend: str = ""

    @property
    def name(self) -> str:
        return CHECK_NAMES[self.key]

    @property
    def line(self) -> str:
        mend = f" → {self.mend}" if self.mend else ""
        return f"{GRADE_NAMES[self.grade]}  {self.name}: {self.text}{mend}"


def well(key: str, text: str) -> Finding:
    return Finding(key, Grade.WELL, text)


def heed(key: str, text: str, mend: str) -> Finding:
    return Finding(key, Grade.HEED, text, mend)


def bad(key: str, text: str, mend: str) -> Finding:
    return Finding(key, Grade.BAD, text, mend)


def is_sound(findings: Sequence[Finding]) -> bool:
    return all(one.grade is not Grade.BAD for one in findings)


def clock(seen: ClockSeen, database_ahead: float | None) -> Finding:
    """`database_ahead`: seconds; None when the database was not asked."""
    apart = abs(database_ahead or 0.0)
    if apart >= APART_HEED:
        text = f"この機械の時計は、データベースの時計と{apart:.1f}秒ずれています。"
        return Finding(
            "clock",
            Grade.BAD if apart >= APART_BAD else Grade.HEED,
            text,
            "両方の機械の時計を同じ時刻サーバーに合わせてください。",
        )
    if seen.stepped_seconds:
        return heed(
            "clock",
            f"時計が{seen.stepped_seconds:+.0f}秒動かされました。",
            "手で時計を合わせず、chrony などに任せてください。",
        )
    if seen.synchronised is None:
        return heed("clock", "時計が合っているかを、この機械では確かめられません。", "時刻を見比べてください。")
    if not seen.synchronised:
        mend = "chrony か systemd-timesyncd を動かしてください（timedatectl で確かめられます）。"
        return heed("clock", "時計が時刻サーバーに合わせられていません。", mend)
    return well("clock", "時刻サーバーに合わせられています。")


def time_zone(knows_tokyo: bool, same_now: bool) -> Finding:
    """The rules go by the time of Japan whatever the machine's zone; Asterisk reads the same tables of zones."""
    if not knows_tokyo:
        return bad(
            "time_zone",
            "日本時間（Asia/Tokyo）の定義がありません。時間外の案内が違う時刻で流れます。",
            "tzdata を入れてください（apt-get install tzdata）。",
        )
    zone = "日本時間です。" if same_now else "日本時間ではありません。架電と案内は、それによらず日本時間で動きます。"
    return well("time_zone", f"日本時間の定義があります。機械の時間帯は{zone}")


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, and the disk that it is on."""

    path: str
    free_bytes: int
    files_free: float = 1.0  # share of the entries for files that are free
    hours: float | None = None  # of recording; None: nothing is recorded there
    writable: bool = True


def disk(place: Place) -> Finding:
    free = f"空きは{place.free_bytes / (1 << 30):,.1f} GB"
    hours = "" if place.hours is None else f"（全席の録音で{place.hours:,.0f}時間分）"
    text = f"{place.path} の{free}{hours}です。"
    mend = "古い録音とバックアップを保存期間に従って消すか、ディスクを増やしてください。"
    if not place.writable:
        return bad("disk", f"{place.path} に書き込めません。", "持ち主と権限、ディスクの状態を確かめてください。")
    for grade, least, most_hours, files in (
        (Grade.BAD, DISK_BAD, HOURS_BAD, FILES_BAD),
        (Grade.HEED, DISK_HEED, HOURS_HEED, FILES_HEED),
    ):
        if place.free_bytes < least or (place.hours is not None and place.hours < most_hours):
            return Finding("disk", grade, text, mend)
        if place.files_free < files:
            return Finding("disk", grade, f"{place.path} に作れるファイルの数が残り{place.files_free:.0%}です。", mend)
    return well("disk", text)


def secrets(open_to_others: Collection[str]) -> Finding:
    if open_to_others:
        listed = "、".join(sorted(open_to_others)[:LONGEST_LIST])
        return bad("secrets", f"ほかの利用者も読めます: {listed}", "chmod 600（フォルダーは 700）にしてください。")
    return well("secrets", "所有者だけが読めます。")


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    first: datetime
    last: datetime
    names_missing: tuple[str, ...] = ()
    is_ours: bool = True  # made by us, and anew at a start when it runs out
    fits_key: bool = True


def certificate(seen: CertificateSeen | None, now: datetime, *, why: str = "") -> Finding:
    """None: it cannot be read, and `why`; or there is none yet."""
    anew = "画面のプログラムを起動し直すと、新しく作られます。"
    renew = "新しい証明書を web.certificate と web.key に置き、画面のプログラムを起動し直してください。"
    if seen is None:
        return bad("certificate", why, renew) if why else well("certificate", "最初の起動の時に作られます。")
    mend = anew if seen.is_ours else renew
    last = seen.last.astimezone(TOKYO)
    if not seen.fits_key:
        return bad("certificate", "証明書と鍵が組になっていません。", mend)
    if now >= seen.last:
        return bad("certificate", f"{last:%Y-%m-%d} に期限が切れました。画面を開けません。", mend)
    if now < seen.first:
        return bad(
            "certificate",
            f"{seen.first.astimezone(TOKYO):%Y-%m-%d %H:%M} からしか使えません。",
            "機械の時計を確かめてください。",
        )
    if seen.names_missing:
        names = "、".join(seen.names_missing[:LONGEST_LIST])
        return heed("certificate", f"端末が使う名前が入っていません: {names}", mend)
    if seen.last - now < CERTIFICATE_HEED:
        return heed("certificate", f"{last:%Y-%m-%d} に期限が切れます。", mend)
    return well("certificate", f"{last:%Y-%m-%d} まで有効です。")


class PortState(StrEnum):
    FREE = "free"
    ANSWERS = "answers"
    TAKEN = "taken"  # by another program, while ours does not run
    SILENT = "silent"  # ours runs, and nobody listens
    REFUSED = "refused"  # it may not be used: another machine's address, no right


@dataclass(frozen=True, slots=True)
class PortSeen:
    setting: str  # nodes.a.sip_port
    where: str  # 127.0.0.1:15060
    state: PortState
    number: int = 0


def ports(seen: Sequence[PortSeen], handed_out: range | None = None) -> list[Finding]:
    """`handed_out`: the ports that the kernel gives to connections of any program."""
    words = {
        PortState.TAKEN: (
            "ほかのプログラムが使っています",
            "設定で別のポートにするか、そのプログラムを止めてください。",
        ),
        PortState.SILENT: ("応答がありません", "./run status と、状態のフォルダーの log を確かめてください。"),
        PortState.REFUSED: ("使えません", "設定のアドレスがこの機械のものか、確かめてください。"),
    }
    found = [
        bad("ports", f"{one.setting}（{one.where}）は{words[one.state][0]}。", words[one.state][1])
        for one in seen
        if one.state in words
    ]
    lent = [one for one in seen if handed_out is not None and one.number in handed_out]
    if lent:
        assert handed_out is not None
        found.append(
            heed(
                "ports",
                f"{lent[0].setting}（{lent[0].number}）は、ほかの通信に割り当てられることがある番号です。",
                f"{handed_out.start} より小さい番号にするか、net.ipv4.ip_local_reserved_ports に加えてください。",
            )
        )
    return found or [well("ports", f"{len(seen)}個のポートを確かめました。")]


def ami(key: str, node: str, *, running: bool, refused: str = "", away: str = "", lacking: Sequence[str]) -> Finding:
    if refused:
        return bad(
            key,
            f"{node}: ログインが拒否されました（{refused}）。",
            "manager.conf の secret と設定のファイルを比べてください。",
        )
    if away:
        mend = "Asterisk と manager.conf（enabled、bindaddr、permit）を確かめてください。"
        return bad(key, f"{node}: 接続できません（{away}）。", mend)
    if not running:
        return heed(key, f"{node}: 起動していないため、確かめていません。", "./run up で起動してください。")
    if lacking:
        return bad(
            key,
            f"{node}: 権限が足りません（{'、'.join(lacking[:LONGEST_LIST])}）。",
            "manager.conf の read と write を asterisk-conf のとおりにしてください。",
        )
    return well(key, f"{node}: 必要な操作ができます。")


@dataclass(frozen=True, slots=True)
class TrunkSeen:
    """What came back for an OPTIONS."""

    code: int | None = None
    why: str = ""  # it could not be sent at all


def trunk(where: str, seen: TrunkSeen, *, simulated: bool = False) -> Finding:
    if simulated and seen.code is None:
        mend = "本番では trunk.host に事業者のアドレスを設定してください。"
        return heed("trunk", f"{where} はリハーサルの回線で、動いていません。", mend)
    if seen.why:
        mend = "trunk.host と trunk.port、経路とファイアウォールを確かめてください。"
        return bad("trunk", f"{where} に届きません（{seen.why}）。", mend)
    if seen.code is None:
        return heed(
            "trunk",
            f"{where} から応答がありません。OPTIONS に応答しない事業者もあります。",
            "試験の番号に発信して確かめ、つながらなければ事業者に問い合わせてください。",
        )
    return well("trunk", f"{where} から応答がありました（{seen.code}）。")


def fonts(japanese: bool | None) -> Finding:
    if japanese:
        return well("fonts", "日本語のフォントがあります。")
    mend = "この機械で画面を見る、または印刷するときは fonts-vlgothic などを入れてください。"
    text = "この機械に日本語のフォントがありません。" if japanese is False else "フォントを確かめられません。"
    return heed("fonts", text, mend)


def backup(last: datetime | None, now: datetime, *, verified: bool, same_disk: bool) -> Finding:
    mend = "./run dialer backup を毎日行ってください（service のタイマーが使えます）。"
    if last is None:
        return heed("backup", "まだ一度も取られていません。", mend)
    at = f"最後は{last.astimezone(TOKYO):%Y-%m-%d %H:%M}"
    if now - last > BACKUP_HEED:
        return (
            bad("backup", f"{at}です。", mend) if now - last > 3 * BACKUP_HEED else heed("backup", f"{at}です。", mend)
        )
    if not verified:
        return heed("backup", f"{at}ですが、読み直して確かめられていません。", "もう一度取ってください。")
    if same_disk:
        return heed(
            "backup", f"{at}ですが、データと同じディスクにあります。", "別のディスクか別の機械に置いてください。"
        )
    return well("backup", f"{at}、読み直して確かめました。")
