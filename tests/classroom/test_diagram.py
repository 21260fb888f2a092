from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from classroom.diagram import Tables


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(80), unique=True)


class Book(Base):
    __tablename__ = "books"

    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), primary_key=True)
    title: Mapped[str] = mapped_column(String(80), primary_key=True)
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))


def test_a_diagram_in_plain_text_says_what_is_a_key_and_where_it_leads() -> None:
    assert repr(Tables(Base.metadata)) == (
        "authors\n"
        "    id     INTEGER      key\n"
        "    email  VARCHAR(80)  unique\n"
        "\n"
        "books\n"
        "    author_id  INTEGER      key, -> authors.id\n"
        "    title      VARCHAR(80)  key\n"
        "    editor_id  INTEGER      -> authors.id, may be empty"
    )


def test_a_diagram_in_mermaid_has_a_box_a_table_and_a_line_a_foreign_key() -> None:
    assert Tables(Base.metadata).mermaid == (
        "erDiagram\n"
        "    authors {\n"
        "        INTEGER id PK\n"
        "        VARCHAR(80) email UK\n"
        "    }\n"
        "    books {\n"
        "        INTEGER author_id PK, FK\n"
        "        VARCHAR(80) title PK\n"
        "        INTEGER editor_id FK\n"
        "    }\n"
        "    authors ||--o{ books : author_id\n"
        "    authors |o--o{ books : editor_id"
    )
