"""Starts a process for each step of a list that was handed in on the page, and tells what it tells."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import asdict

from dialer.config import ROOT, Settings, as_environment
from dialer.web.import_job import Job, News

LINE_BYTES = 16 * 1024 * 1024


class Importing:
    """What the pages ask: one step of one list, and how far it is."""

    def __init__(self, settings: Settings, database_url: str) -> None:
        self._environment = {**os.environ, **as_environment(settings), "YOBIKAKE_DATABASE_URL": database_url}
        self._environment["PYTHONPATH"] = str(ROOT)

    async def work(self, job: Job) -> AsyncGenerator[News]:
        """Ends the process when nobody listens any more."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dialer.import_process"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=self._environment,
            limit=LINE_BYTES,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({**asdict(job), "file": str(job.file)}).encode())
            process.stdin.close()
            async for line in process.stdout:
                yield News(**json.loads(line))
        finally:
            if process.returncode is None and not process.stdout.at_eof():
                process.kill()
            await process.wait()
