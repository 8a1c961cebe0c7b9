"""The people of the simulated network: operators who come and go, and everybody around them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from lms.demonstration.chance import chance
from lms.demonstration.places import Place, control_site, posts, read_toml
from lms.demonstration.world import PersonSpec, RoleSpec, TeamSpec
from lms.permissions import Role

#: Share of posts whose present holder followed somebody who left during the history.
TURNOVER = 0.24
#: The team to which the operator with a password belongs, and whose coach, QA and lead have one too.
HOME_SITE = "BRA"
#: Roles of the control site: how many people hold each, with which password-bearing login for the first of them.
_CENTRAL = (
    (Role.QA, 1),
    (Role.TRAINER, 3),
    (Role.RESPONSIBLE_PERSON, 1),
    (Role.CUSTODIAN, 1),
    (Role.ADMINISTRATOR, 1),
    (Role.INSPECTOR, 1),
)
#: Role -> the login of the one account of that role that has a password.
ACCOUNTS: dict[str, str] = {role.value: role.value.replace("_", ".") for role in Role}


def form_teams(seed: int, places: tuple[Place, ...]) -> tuple[TeamSpec, ...]:
    """Return the teams of the sites, each with the share of commitments it keeps."""
    return tuple(
        TeamSpec(
            f"{place.spec.code}/{name}",
            place.spec.code,
            name,
            size,
            round(chance(seed, "follow-through", place.spec.code, name).uniform(0.5, 0.95), 3),
        )
        for place in places
        for name, size in place.teams
    )


def staff(
    seed: int, places: tuple[Place, ...], teams: tuple[TeamSpec, ...], start: date, today: date
) -> tuple[PersonSpec, ...]:
    """Return everybody who works or worked in the network between two days."""
    names = _Names(seed)
    present = {place.spec.code for place in places}
    found: list[PersonSpec] = []
    for role, count in _CENTRAL:
        for number in range(count):
            login = ACCOUNTS[role] if number == 0 else ""
            held = RoleSpec(role, None)
            if role is Role.INSPECTOR:  # comes for an inspection, for a month
                held = RoleSpec(role, None, today - timedelta(days=3), today + timedelta(days=28))
            found.append(names.person(control_site().code, start, None, (held,), login))
    for kind, role in (("coach", Role.COACH), ("qa", Role.QA), ("assessor", Role.ASSESSOR)):
        for post in posts(kind):
            sites = [site for site in post.sites if site in present]
            if sites:
                login = ACCOUNTS[role] if post.home == HOME_SITE and role is not Role.QA else ""
                home = post.home if post.home in present else sites[0]
                found.append(names.person(home, start, None, tuple(RoleSpec(role, s) for s in sites), login))
    for place in places:
        site = place.spec.code
        login = ACCOUNTS[Role.SITE_LEAD] if site == HOME_SITE else ""
        found.append(names.person(site, start, None, (RoleSpec(Role.SITE_LEAD, site),), login))
    for team in teams:
        for post_number in range(team.size):
            found.extend(_holders_of_post(seed, names, team, post_number, start, today))
    return tuple(found)


def _holders_of_post(
    seed: int, names: _Names, team: TeamSpec, number: int, start: date, today: date
) -> Iterator[PersonSpec]:
    """Yield who holds an operator's post, one after the other; the last one is there today."""
    roles = (RoleSpec(Role.OPERATOR, team.site),)
    rng = chance(seed, "post", team.key, number)
    login = ACCOUNTS[Role.OPERATOR] if (team.site, number) == (HOME_SITE, 0) and not names.has_operator else ""
    if login or rng.random() >= TURNOVER:
        yield names.person(team.site, start, None, roles, login, team.key)
        return
    days = (today - start).days
    left_on = start + timedelta(days=rng.randint(days // 8, days - 12))
    yield names.person(team.site, start, left_on, roles, "", team.key)
    came_on = min(left_on + timedelta(days=rng.randint(1, 21)), today - timedelta(days=2))
    yield names.person(team.site, came_on, None, roles, "", team.key)


class _Names:
    """Gives each person a name, an employee number and a login that nobody else has."""

    def __init__(self, seed: int) -> None:
        pools = read_toml("names.toml")
        rng = chance(seed, "names")
        pairs = [(given, family) for given in pools["given"] for family in pools["family"]]
        self._pairs = iter(rng.sample(pairs, len(pairs)))
        self._families: set[str] = set()
        self._logins: set[str] = set(ACCOUNTS.values())
        self._last = 1000
        self.has_operator = False

    def person(
        self,
        site: str,
        joined_on: date,
        left_on: date | None,
        roles: tuple[RoleSpec, ...],
        login: str,
        team: str | None = None,
    ) -> PersonSpec:
        given, family = self._next_name()
        own = login or f"{given}.{family}".lower().replace(" ", "")
        self._last += 1
        self._logins.add(own)
        self.has_operator = self.has_operator or login == ACCOUNTS[Role.OPERATOR]
        return PersonSpec(f"E{self._last}", given, family, site, joined_on, left_on, roles, own, team)

    def _next_name(self) -> tuple[str, str]:
        # A family name comes twice only once all have been used, so that lists stay readable.
        for given, family in self._pairs:
            if family not in self._families and f"{given}.{family}".lower().replace(" ", "") not in self._logins:
                self._families.add(family)
                return given, family
            if len(self._families) >= 110:
                self._families.clear()
        raise RuntimeError("names.toml holds too few names")
