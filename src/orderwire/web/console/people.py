"""Users: who may what, for those who manage them."""

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from orderwire.ports.access import Principal, Role
from orderwire.web.console.guard import Act, ManagerAct, Manages
from orderwire.web.console.page import HOME, ConsoleRoute, page, to
from orderwire.web.context import Shared
from orderwire.web.problems import Problem

router = APIRouter(prefix=f"{HOME}/people", route_class=ConsoleRoute)


@router.get("")
def list_people(request: Request, context: Shared, who: Manages) -> Response:
    """List the users, with what each may."""
    _everywhere(who)
    with context.services.store.read() as tx:
        users = [
            {"name": user.name, "role": user.role.value, "partners": user.partners, "disabled": user.disabled,
             "created": user.created_at, "tokens": len(tx.tokens.of(user.name))}
            for user in tx.users.all()
        ]  # fmt: skip
    roles = [role.value for role in Role]
    return page(request, "people.html", users=users, roles=roles, partners=context.services.partners.keys())


@router.post("")
async def add_person(context: Shared, act: ManagerAct) -> Response:
    """Add a user."""
    _everywhere(act.who)
    form, accounts = act.form, context.services.accounts
    name, role, partners = form.need("name", "a name"), _role(act), form.all("partner")
    password = form.get("password")
    await to_thread.run_sync(lambda: accounts.add(name, password, role, partners, who=act.who.name))
    return to(f"{HOME}/people", "added")


@router.post("/{name}")
def change_person(context: Shared, act: ManagerAct, name: str) -> Response:
    """Say anew what a user may."""
    _everywhere(act.who)
    disabled = act.form.get("disabled") == "yes"
    context.services.accounts.change(
        name, role=_role(act), partners=act.form.all("partner"), disabled=disabled, who=act.who.name
    )
    return to(f"{HOME}/people", "changed")


@router.post("/{name}/password")
async def reset_password(context: Shared, act: ManagerAct, name: str) -> Response:
    """Set somebody's password, and log him out."""
    _everywhere(act.who)
    accounts, password = context.services.accounts, act.form.get("password")
    await to_thread.run_sync(lambda: accounts.set_password(name, password, who=act.who.name))
    return to(f"{HOME}/people", "changed")


def _role(act: Act) -> Role:
    try:
        return Role(act.form.get("role"))
    except ValueError:
        raise Problem(422, "invalid", "a role is one of viewer, operator, editor, admin") from None


def _everywhere(who: Principal) -> None:
    """Let nobody who sees some partners only make somebody who sees more."""
    if not who.everywhere:
        raise Problem(403, "forbidden", "only somebody for all partners manages users")
