"""`[[layout]]`: how the files that a city sends or gets are built (D-001)."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from dialer.core.layout import FileFormat, Layout, LayoutColumn, LayoutKind, faults
from dialer.profiles.parts import Key, Source, Table, Words

Place = Annotated[int, Field(ge=1, le=100_000)]


class ColumnTable(Table):
    field: Key
    header: Words | None = None
    position: Place | None = None
    first: Place | None = None
    length: Place | None = None
    words: dict[str, str] = Field(default_factory=dict)
    pattern: Words | None = None
    optional: bool = False

    def value(self) -> LayoutColumn:
        return LayoutColumn(
            field=self.field,
            header=self.header,
            position=self.position,
            first=self.first,
            length=self.length,
            words=self.words,
            pattern=self.pattern,
            optional=self.optional,
        )


class LayoutTable(Table):
    key: Key
    name: Words
    kind: LayoutKind
    clause: Source
    columns: Annotated[tuple[ColumnTable, ...], Field(min_length=1)]
    format: FileFormat = FileFormat.DELIMITED
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encodings: Annotated[tuple[Words, ...], Field(min_length=1)] = ("utf-8-sig", "cp932")
    heading: bool = True
    debt: Key | None = None
    complete_list: bool = False
    stop_gone: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if wrong := "。".join(faults(self.value())):
            raise ValueError(wrong)
        return self

    def value(self) -> Layout:
        return Layout(
            key=self.key,
            name=self.name,
            kind=self.kind,
            clause=self.clause,
            columns=tuple(column.value() for column in self.columns),
            format=self.format,
            delimiter=self.delimiter,
            encodings=self.encodings,
            heading=self.heading,
            debt=self.debt,
            complete_list=self.complete_list,
            stop_gone=self.stop_gone,
        )
