"""Logging: JSON lines, ids only. Whatever looks like a telephone number is masked to its last four digits."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

NUMBER = re.compile(r"(?<![\w.-])(?:\+81|0)\d{5,9}(\d{4})(?![\w-])")


def mask_numbers(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in entry.items():
        if isinstance(value, str):
            entry[key] = NUMBER.sub(r"…\1", value)
    return entry


def set_up_logging(level: str = "INFO") -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_numbers,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # panoramisk and others speak through the standard library: warnings only, same stream
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format='{"event": "%(name)s: %(message)s"}')
