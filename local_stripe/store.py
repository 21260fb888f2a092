"""Everything the local Stripe remembers: objects by kind and id, in the order of creation.

Stored objects are never changed in place. A change is a new dict, `put` over the old one, so
an event's snapshot or an idempotent answer may hold on to what it saw.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from typing import Any

from local_stripe import errors

Object = dict[str, Any]

_NOTHING = object()


class Store:
    """Objects, and beside them what an account never shows (`secret`, by id)."""

    def __init__(self) -> None:
        self._undo: list[tuple[Table | Secrets, str, Any]] = []
        self.secret = Secrets(self._undo)
        self._tables: dict[str, Table] = {}

    def table(self, kind: str) -> "Table":
        """All objects of a kind."""
        table = self._tables.get(kind)
        if table is None:
            table = self._tables[kind] = Table()
        return table

    def get(self, kind: str, id: str) -> Object | None:
        """The object, or None. Of a deleted one its stub remains: `{"id", "object", "deleted"}`."""
        return self.table(kind).get(id)

    def require(self, kind: str, id: str, param: str | None = None) -> Object:
        """The object; an unknown or deleted one raises "No such …".

        With `param`, the id was a parameter of that name (400); without, it was in the path (404).
        """
        obj = self.table(kind).get(id)
        if obj is None or "deleted" in obj:
            raise errors.no_such(kind, id, param)
        return obj

    def put(self, obj: Object) -> Object:
        """Insert the object, or let it replace the one with its id; gives it back."""
        table = self.table(obj["object"])
        self._undo.append((table, obj["id"], table.put(obj)))
        return obj

    def delete(self, obj: Object) -> Object:
        """Leave only the stub of an object, which no list shows; gives the stub."""
        return self.put({"id": obj["id"], "object": obj["object"], "deleted": True})

    def select(self, kind: str, **equals: Any) -> Iterator[Object]:
        """The objects whose fields equal these, newest first."""
        return self.table(kind).newest(**equals)

    def commit(self) -> None:
        """Keep what was put since the last commit or rollback."""
        self._undo.clear()

    def rollback(self) -> None:
        """Undo what was put since the last commit or rollback."""
        for table, id, before in reversed(self._undo):
            table.restore(id, before)
        self._undo.clear()


class Secrets(dict[str, Any]):
    """What is known about objects and never shown, by their id; undone as the objects are."""

    def __init__(self, undo: list[Any]) -> None:
        super().__init__()
        self._undo = undo

    def __setitem__(self, id: str, value: Any) -> None:
        self._undo.append((self, id, self.get(id, _NOTHING)))
        super().__setitem__(id, value)

    def restore(self, id: str, before: Any) -> None:
        """Undo the latest setting."""
        if before is _NOTHING:
            del self[id]
        else:
            super().__setitem__(id, before)


class Table:
    """The objects of one kind. A field that was asked for once is indexed from then on."""

    def __init__(self) -> None:
        self._rows: list[Object] = []  # in the order of creation
        self._places: dict[str, int] = {}  # id -> index in _rows
        self._indexes: dict[str, dict[Any, list[int]]] = {}  # field -> value -> sorted places

    def get(self, id: str) -> Object | None:
        """The object, or None."""
        place = self._places.get(id)
        return None if place is None else self._rows[place]

    def place(self, id: str) -> int | None:
        """How many objects are older than this one."""
        return self._places.get(id)

    def put(self, obj: Object) -> Object | None:
        """Insert or replace; gives what was there before."""
        place = self._places.get(obj["id"])
        if place is None:
            place = self._places[obj["id"]] = len(self._rows)
            self._rows.append(obj)
            before = None
        else:
            before = self._rows[place]
            self._rows[place] = obj
        self._reindex(place, before, obj)
        return before

    def restore(self, id: str, before: Object | None) -> None:
        """Undo the latest `put` of the object."""
        if before is not None:
            self.put(before)
            return
        self._reindex(self._places.pop(id), self._rows.pop(), None)

    def places(self, **equals: Any) -> Sequence[int]:
        """Where the objects are whose fields equal these, oldest first."""
        if not equals:
            return range(len(self._rows))
        fewest = min((self._index(f).get(value, []) for f, value in equals.items()), key=len)
        if len(equals) == 1:
            return fewest
        wanted = equals.items()
        return [p for p in fewest if all(self._rows[p].get(f) == value for f, value in wanted)]

    def row(self, place: int) -> Object:
        """The object at a place."""
        return self._rows[place]

    def newest(self, **equals: Any) -> Iterator[Object]:
        """The living objects whose fields equal these, newest first."""
        for place in self.places(**equals)[::-1]:
            row = self._rows[place]
            if "deleted" not in row:
                yield row

    def _index(self, field: str) -> dict[Any, list[int]]:
        index = self._indexes.get(field)
        if index is None:
            index = self._indexes[field] = {}
            for place, row in enumerate(self._rows):
                index.setdefault(row.get(field), []).append(place)
        return index

    def _reindex(self, place: int, before: Object | None, after: Object | None) -> None:
        for field, index in self._indexes.items():
            if before is not None:
                if after is not None and before.get(field) == after.get(field):
                    continue
                places = index[before.get(field)]
                del places[bisect_left(places, place)]
            if after is not None:
                insort(index.setdefault(after.get(field), []), place)
