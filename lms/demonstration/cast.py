"""The people and records of the simulated network as the application knows them: natural keys to ids and actors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from lms.demonstration.world import PersonSpec, World
from lms.permissions import Actor, Grant, Proof

#: How identity was proven when a simulated person signed; no real database ever holds this word.
DEMONSTRATION = "demonstration"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who was registered, with the actor that their account would be."""

    spec: PersonSpec
    id: UUID
    actor: Actor


@dataclass
class Cast:
    """Ids by natural key. Rooms keep what only they need in ``Day.memory``."""

    sites: dict[str, UUID] = field(default_factory=dict)
    teams: dict[str, UUID] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    batches: dict[str, UUID] = field(default_factory=dict)
    deviations: dict[str, UUID] = field(default_factory=dict)
    #: The other way round, for records that a listener made.
    employee_no: dict[UUID, str] = field(default_factory=dict)
    deviation_key: dict[UUID, str] = field(default_factory=dict)

    def join(self, spec: PersonSpec, person_id: UUID, account_id: UUID, zone: str) -> None:
        """Remember a person who was registered."""
        grants = tuple(Grant(held.role, None if held.site is None else self.sites[held.site]) for held in spec.roles)
        name = f"{spec.given_name} {spec.family_name}"
        self.members[spec.employee_no] = Member(
            spec, person_id, Actor(f"u:{account_id}", name, person_id, account_id, grants, zone)
        )
        self.employee_no[person_id] = spec.employee_no

    def id_of(self, employee_no: str) -> UUID:
        """Return a person's id."""
        return self.members[employee_no].id

    def actor(self, employee_no: str) -> Actor:
        """Return the actor that a person is."""
        return self.members[employee_no].actor

    def signing(self, employee_no: str, at: datetime) -> Actor:
        """Return a person who proves their identity at that very moment, for one command that signs."""
        actor = self.members[employee_no].actor
        if actor.account_id is None:
            raise LookupError(f"{employee_no} has no account")
        return actor.proven(Proof(actor.account_id, at, DEMONSTRATION, None))


def by_login(world: World) -> Mapping[str, PersonSpec]:
    """Return the people by the name they sign in with."""
    return {person.login: person for person in world.people}
