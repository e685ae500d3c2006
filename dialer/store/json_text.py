"""Values as the JSON text that statements over many rows take."""

import json
from datetime import date


def json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
