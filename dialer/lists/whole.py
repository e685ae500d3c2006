"""What a file is as a whole, by its first bytes: nothing but text is read, and nothing is ever unpacked."""

OTHER_KINDS = {
    b"PK\x03\x04": "Excel のブック（xlsx）か圧縮ファイル（zip）です。中身は開きません。",
    b"PK\x05\x06": "Excel のブック（xlsx）か圧縮ファイル（zip）です。中身は開きません。",
    b"\xd0\xcf\x11\xe0": "Excel のブック（xls）です。中身は開きません。",
    b"\x1f\x8b": "圧縮ファイル（gzip）です。中身は開きません。",
    b"7z\xbc\xaf": "圧縮ファイル（7z）です。中身は開きません。",
    b"Rar!": "圧縮ファイル（rar）です。中身は開きません。",
    b"%PDF": "PDF です。",
}
AS_CSV = "表計算ソフトで「CSV UTF-8」で保存し直してください。"
UTF_16 = "文字コードが UTF-16 です。「CSV UTF-8」で保存し直してください。"
EMPTY = "空のファイルです。"


def fault_of(data: bytes) -> str | None:
    """Why it is no list, whatever the layout; None when it may be one."""
    for mark, what in OTHER_KINDS.items():
        if data.startswith(mark):
            return what + AS_CSV
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return UTF_16
    return None if data.strip(b" \t\r\n\x1a\xef\xbb\xbf") else EMPTY
