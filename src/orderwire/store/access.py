"""Users, sessions, tokens, and failed logins."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.access import Session, Token, Tries, User
from orderwire.store.access_tables import login_tries, sessions, tokens, users
from orderwire.store.rows import checked, columns_of, record_of, values_of
from orderwire.store.statements import Statements

_ADD_USER: Final = insert(users).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
_USERS: Final = select(*columns_of(User, users)).order_by(users.c.name)
_SESSIONS: Final = select(*columns_of(Session, sessions))
_TOKENS: Final = select(*columns_of(Token, tokens))
_TRIES: Final = select(*columns_of(Tries, login_tries))
_put_tries: Final = insert(login_tries)
_PUT_TRIES: Final = _put_tries.on_conflict_do_update(
    index_elements=["key"],
    set_={name: _put_tries.excluded[name] for name in ("failures", "last_at")},
)


class SqlUsers:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, user: User) -> bool:
        return self._connection.execute(_ADD_USER, values_of(user)).rowcount == 1

    def get(self, name: str) -> User | None:
        row = self._connection.execute(_USERS.where(users.c.name == name)).one_or_none()
        return None if row is None else record_of(User, row)

    def all(self) -> list[User]:
        return [record_of(User, row) for row in self._connection.execute(_USERS)]

    def update(self, name: str, **changes: object) -> bool:
        values = checked(User, changes, fixed=["name", "created_at"])
        return self._connection.execute(update(users).where(users.c.name == name), values).rowcount == 1


class SqlSessions:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, session: Session) -> None:
        self._connection.execute(insert(sessions), values_of(session))

    def get(self, digest: str) -> Session | None:
        row = self._connection.execute(_SESSIONS.where(sessions.c.digest == digest)).one_or_none()
        return None if row is None else record_of(Session, row)

    def touch(self, digest: str, at: datetime) -> None:
        statement = update(sessions).where(sessions.c.digest == bindparam("key"))
        self._connection.execute(statement, {"key": digest, "seen_at": at})

    def end(self, digest: str) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.digest == digest))

    def end_all(self, user: str) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.user == user))

    def end_before(self, created: datetime) -> None:
        self._connection.execute(delete(sessions).where(sessions.c.created_at < created))


class SqlTokens:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, token: Token) -> None:
        self._connection.execute(insert(tokens), values_of(token))

    def by_digest(self, digest: str) -> Token | None:
        row = self._connection.execute(_TOKENS.where(tokens.c.digest == digest)).one_or_none()
        return None if row is None else record_of(Token, row)

    def of(self, user: str) -> list[Token]:
        statement = _TOKENS.where(tokens.c.user == user).order_by(tokens.c.created_at.desc(), tokens.c.id)
        return [record_of(Token, row) for row in self._connection.execute(statement)]

    def end(self, token_id: str, user: str) -> bool:
        statement = delete(tokens).where(tokens.c.id == token_id, tokens.c.user == user)
        return self._connection.execute(statement).rowcount == 1

    def end_all(self, user: str) -> None:
        self._connection.execute(delete(tokens).where(tokens.c.user == user))


class SqlAttempts:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def get(self, key: str) -> Tries | None:
        statement = _TRIES.where(login_tries.c.key == key).with_for_update()
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else record_of(Tries, row)

    def put(self, tries: Tries) -> None:
        self._connection.execute(_PUT_TRIES, values_of(tries))

    def forget(self, key: str) -> None:
        self._connection.execute(delete(login_tries).where(login_tries.c.key == key))

    def forget_before(self, kind: str, last: datetime) -> None:
        old = login_tries.c.key.startswith(f"{kind}:", autoescape=True), login_tries.c.last_at < last
        self._connection.execute(delete(login_tries).where(*old))
