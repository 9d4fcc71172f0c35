"""Runs of replays and their items."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from orderwire.ports.replay import ItemState, Run, RunItem, RunState
from orderwire.store.console_tables import run_items, runs
from orderwire.store.rows import checked, columns_of, record_of, values_of
from orderwire.store.statements import Statements

_ADD: Final = insert(runs).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
_RUN: Final = select(*columns_of(Run, runs))
_ITEM: Final = select(*columns_of(RunItem, run_items))
_ADVANCING: Final = (RunState.TRYING, RunState.RUNNING)

_ours: Final = runs.c.lease_owner == bindparam("owner")
_going: Final = runs.c.lease_until > bindparam("now")
_LEASE: Final = (
    update(runs)
    .where(runs.c.id == bindparam("key"), or_(runs.c.lease_owner.is_(None), _ours, ~_going))
    .values(
        fence=case((and_(_ours, _going), runs.c.fence), else_=runs.c.fence + 1),
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
    )
    .returning(runs.c.fence)
)


class SqlRuns:
    def __init__(self, connection: Statements) -> None:
        self._connection = connection

    def add(self, run: Run, parked_ids: Sequence[str]) -> bool:
        if self._connection.execute(_ADD, values_of(run)).rowcount != 1:
            return False
        rows = [
            {"run_id": run.id, "position": position, "parked_id": parked_id, "state": ItemState.WAITING}
            for position, parked_id in enumerate(parked_ids, start=1)
        ]
        if rows:
            self._connection.execute(insert(run_items), rows)
        return True

    def get(self, run_id: str) -> Run | None:
        row = self._connection.execute(_RUN.where(runs.c.id == run_id)).one_or_none()
        return None if row is None else record_of(Run, row)

    def all(self, limit: int = 50) -> Sequence[Run]:
        statement = _RUN.order_by(runs.c.created_at.desc(), runs.c.id.desc()).limit(limit)
        return [record_of(Run, row) for row in self._connection.execute(statement)]

    def active(self) -> Sequence[Run]:
        in_flight = select(run_items.c.run_id).where(run_items.c.state == ItemState.SENT)
        statement = _RUN.where(or_(runs.c.state.in_(_ADVANCING), runs.c.id.in_(in_flight))).order_by(runs.c.created_at)
        return [record_of(Run, row) for row in self._connection.execute(statement)]

    def move(self, run_id: str, states: Sequence[RunState], to: RunState, **changes: object) -> bool:
        values = checked(Run, changes, fixed=["id", "state"])
        statement = update(runs).where(runs.c.id == run_id, runs.c.state.in_(states)).values(state=to, **values)
        return self._connection.execute(statement).rowcount == 1

    def save(self, run_id: str, fence: int, **changes: object) -> bool:
        values = checked(Run, changes, fixed=["id"])
        statement = update(runs).where(runs.c.id == run_id, runs.c.fence == fence).values(**values)
        return self._connection.execute(statement).rowcount == 1

    def lease(self, run_id: str, owner: str, now: datetime, seconds: float) -> int | None:
        lease = {"key": run_id, "owner": owner, "now": now, "until": now + timedelta(seconds=seconds)}
        fence = self._connection.execute(_LEASE, lease).scalar_one_or_none()
        return None if fence is None else int(fence)

    def held(self, run_id: str, fence: int) -> Run | None:
        statement = _RUN.where(runs.c.id == run_id, runs.c.fence == fence).with_for_update()
        row = self._connection.execute(statement).one_or_none()
        return None if row is None else record_of(Run, row)

    def items(
        self, run_id: str, *, state: ItemState | None = None, after: int = 0, limit: int = 100
    ) -> Sequence[RunItem]:
        statement = _ITEM.where(run_items.c.run_id == run_id, run_items.c.position > after)
        if state is not None:
            statement = statement.where(run_items.c.state == state)
        return self._listed(statement.order_by(run_items.c.position).limit(limit))

    def untried(self, run_id: str, limit: int) -> Sequence[RunItem]:
        statement = _ITEM.where(run_items.c.run_id == run_id, run_items.c.trial_result.is_(None))
        return self._listed(statement.order_by(run_items.c.position).limit(limit))

    def forget_trials(self, run_id: str) -> None:
        tried = and_(run_items.c.run_id == run_id, run_items.c.trial_result.is_not(None))
        self._connection.execute(update(run_items).where(tried).values(trial=None, trial_result=None))

    def _listed(self, statement: Any) -> Sequence[RunItem]:
        return [record_of(RunItem, row) for row in self._connection.execute(statement)]

    def set_item(self, run_id: str, position: int, **changes: object) -> None:
        values = checked(RunItem, changes, fixed=["run_id", "position", "parked_id"])
        mine = and_(run_items.c.run_id == run_id, run_items.c.position == position)
        self._connection.execute(update(run_items).where(mine).values(**values))

    def counts(self, run_id: str) -> Mapping[ItemState, int]:
        statement = (
            select(run_items.c.state, func.count()).where(run_items.c.run_id == run_id).group_by(run_items.c.state)
        )
        rows: Any = self._connection.execute(statement)
        return {row[0]: row[1] for row in rows}

    def failed_between(self, run_id: str, first: int, last: int) -> int:
        statement = select(func.count()).where(
            run_items.c.run_id == run_id,
            run_items.c.state == ItemState.FAILED,
            run_items.c.position.between(first, last),
        )
        return int(self._connection.execute(statement).scalar_one())

    def last_end(self, run_id: str) -> datetime | None:
        statement = select(func.max(run_items.c.ended_at)).where(run_items.c.run_id == run_id)
        at: datetime | None = self._connection.execute(statement).scalar_one()
        return at

    def trials(self, run_id: str) -> Mapping[str, int]:
        result = run_items.c.trial_result
        statement = (
            select(result, func.count()).where(run_items.c.run_id == run_id, result.is_not(None)).group_by(result)
        )
        rows: Any = self._connection.execute(statement)
        return {row[0]: row[1] for row in rows}
