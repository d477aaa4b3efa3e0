"""The full-text index over `search_document`: FTS5 on SQLite, GIN over text vectors on PostgreSQL.

Both index the same words, which `auricle.store.search` has folded and put spaces between, so that both
find the same. On SQLite triggers keep the index in step: https://sqlite.org/fts5.html#external_content_tables
"""

from sqlalchemy import Connection

_FTS5 = """CREATE VIRTUAL TABLE search_index USING fts5(
    owner_id, title, content, content='search_document', content_rowid='id', tokenize='unicode61'
)"""
_OLD = """INSERT INTO search_index(search_index, rowid, owner_id, title, content)
    VALUES ('delete', old.id, old.owner_id, old.title, old.content);"""
_NEW = """INSERT INTO search_index(rowid, owner_id, title, content)
    VALUES (new.id, new.owner_id, new.title, new.content);"""

_SQLITE = (
    _FTS5,
    f"CREATE TRIGGER search_document_added AFTER INSERT ON search_document BEGIN {_NEW} END",
    f"CREATE TRIGGER search_document_gone AFTER DELETE ON search_document BEGIN {_OLD} END",
    f"CREATE TRIGGER search_document_changed AFTER UPDATE ON search_document BEGIN {_OLD} {_NEW} END",
)

#: The words of a column as a vector that prefixes can be looked up in.
VECTOR = "array_to_tsvector(string_to_array({column}, ' '))"

_POSTGRESQL = tuple(
    f"CREATE INDEX search_index_{column} ON search_document USING gin ({VECTOR.format(column=column)})"
    for column in ("title", "content")
)


def create_index(connection: Connection) -> None:
    """Make the index; the table has to be there."""
    statements = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    for statement in statements:
        connection.exec_driver_sql(statement)


def drop_index(connection: Connection) -> None:
    """Take the index away; the table stays."""
    if connection.dialect.name == "sqlite":
        for name in ("added", "gone", "changed"):
            connection.exec_driver_sql(f"DROP TRIGGER search_document_{name}")
        connection.exec_driver_sql("DROP TABLE search_index")
    else:
        for column in ("title", "content"):
            connection.exec_driver_sql(f"DROP INDEX search_index_{column}")
