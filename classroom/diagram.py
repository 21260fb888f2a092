"""`erd()`: the tables behind some models, drawn from the models themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from IPython.display import display
from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.orm import DeclarativeBase


def erd(base: type[DeclarativeBase]) -> None:
    """Draw the tables of every model of a base class, and what refers to what."""
    display(Tables(base.metadata))


@dataclass(frozen=True)
class Tables:
    """An entity-relationship diagram: JupyterLab draws it, everything else prints it."""

    metadata: MetaData

    def __repr__(self) -> str:
        return "\n\n".join(map(_listed, self.metadata.sorted_tables))

    def _repr_mimebundle_(self, **_: object) -> Mapping[str, str]:
        return {"text/plain": repr(self), "text/vnd.mermaid": self.mermaid}

    @property
    def mermaid(self) -> str:
        """The diagram in Mermaid's language (https://mermaid.js.org/syntax/entityRelationshipDiagram.html)."""
        lines = ["erDiagram"]
        for table in self.metadata.sorted_tables:
            lines += [f"    {table.name} {{", *map(_drawn, table.columns), "    }"]
        for table in self.metadata.sorted_tables:
            lines += map(_arrow, _foreign_keys(table))
        return "\n".join(lines)


def _listed(table: Table) -> str:
    names = [column.name for column in table.columns]
    types = [_type(column) for column in table.columns]
    row = f"    {{:{max(map(len, names))}}}  {{:{max(map(len, types))}}}  {{}}".format
    rows = map(row, names, types, (_told(column) for column in table.columns))
    return "\n".join([table.name, *(line.rstrip() for line in rows)])


def _told(column: Column[object]) -> str:
    goes = [f"-> {key.target_fullname}" for key in column.foreign_keys]
    optional = ["may be empty"] if column.nullable else []
    return ", ".join([*_keys(column), *goes, *optional])


def _drawn(column: Column[object]) -> str:
    marks = {"key": "PK", "unique": "UK"}
    keys = [marks[key] for key in _keys(column)] + ["FK" for _ in column.foreign_keys]
    return f"        {_type(column)} {column.name} {', '.join(keys)}".rstrip()


def _arrow(key: ForeignKey) -> str:
    """One row there, any number here: `orders ||--o{ order_items`; the one may be missing."""
    one = "|o" if key.parent.nullable else "||"
    return f"    {key.column.table.name} {one}--o{{ {key.parent.table.name} : {key.parent.name}"


def _keys(column: Column[object]) -> list[str]:
    return ["key"] * column.primary_key + ["unique"] * bool(column.unique)


def _type(column: Column[object]) -> str:
    return str(column.type)


def _foreign_keys(table: Table) -> Iterator[ForeignKey]:
    """In the order of the columns; `table.foreign_keys` is a set."""
    return (key for column in table.columns for key in column.foreign_keys)
