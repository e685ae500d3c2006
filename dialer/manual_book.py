"""Manuals handled by people, on a page or a command line: entered, approved by somebody else, taken back (O-006)."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from dialer.core.city import City
from dialer.core.manuals import Document, Manual, ManualKind, of_document
from dialer.core.versions import Decision, VersionError, VersionState
from dialer.profiles.script_versions import BadDocument
from dialer.store.database import Database
from dialer.store.manuals import ManualStore, NewManual

LONGEST_REASON = 200
NO_WHY = f"変更の理由を{LONGEST_REASON}文字以内で書いてください"
NO_REASON = f"根拠（協議書の番号など）を{LONGEST_REASON}文字以内で書いてください"
NOT_ONES_OWN = "ご自分で登録した版は承認できません。ほかの方が内容を確かめて、承認してください"


class ManualBook(ABC):
    """BadDocument says why something was not done; nothing was changed then. StoreUnavailable as the store has it."""

    kinds: ClassVar[tuple[ManualKind, ...]]

    def __init__(self, database: Database, city: City) -> None:
        self._store, self._city = ManualStore(database, city), city

    @property
    def city(self) -> City:
        return self._city

    @abstractmethod
    def _checked(self, every: Sequence[Manual], new: NewManual, now: datetime) -> Document:
        """As it would be entered. `every`: of all kinds, for what goes together."""

    async def known(self) -> list[Manual]:
        return [one for one in await self._store.manuals() if one.kind in self.kinds]

    async def checked(self, kind: ManualKind, key: str, document: Document, now: datetime) -> Document:
        return self._checked(await self._store.manuals(), NewManual(kind, key, document, "", ""), now)

    async def add(self, new: NewManual, now: datetime) -> Manual:
        """A draft."""
        if not 0 < len(new.why.strip()) <= LONGEST_REASON:
            raise BadDocument([NO_WHY])
        every = await self._store.manuals()
        document = self._checked(every, new, now)
        versions = of_document(every, new.kind, new.key)
        if new.based_on is not None and not any(one.version == new.based_on for one in versions):
            raise BadDocument([f"もとにした版{new.based_on}はありません"])
        if versions and json.dumps(versions[0].document) == json.dumps(document):
            raise BadDocument([f"版{versions[0].version}と同じ内容です"])
        return await self._store.add(replace(new, document=document, why=new.why.strip()), now)

    async def approve(
        self,
        manual: Manual,
        *,
        by: str,
        reason: str,
        now: datetime,
        first: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """By somebody else than who entered it; an earlier version again, too."""
        if manual.entered_by == by:
            raise BadDocument([NOT_ONES_OWN])
        if until is not None and until <= now:
            raise BadDocument(["有効期間の終わりはもう過ぎています"])
        await self.checked(manual.kind, manual.key, manual.document, now)
        await self._decide(manual, VersionState.APPROVED, by, reason, now, first, until)

    async def withdraw(self, manual: Manual, *, by: str, reason: str, now: datetime) -> None:
        await self._decide(manual, VersionState.WITHDRAWN, by, reason, now)

    async def _decide(
        self,
        manual: Manual,
        state: VersionState,
        by: str,
        reason: str,
        now: datetime,
        first: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        if not 0 < len(reason.strip()) <= LONGEST_REASON:
            raise BadDocument([NO_REASON])
        try:
            decision = Decision(state, by, now, first, until, reason.strip())
        except VersionError as wrong:
            raise BadDocument([str(wrong)]) from None
        await self._store.decide(manual, decision)
