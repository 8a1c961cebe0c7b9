"""Who may do what: the one table of roles and permissions, and the actor who carries them.

Default deny: a role may do only what is listed here, and only at the sites for which the role was granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from flask import abort
from flask_login import current_user

from lms.extensions import login

P = ParamSpec("P")
R = TypeVar("R")


class Role(StrEnum):
    """The roles of the trade. A person holds a role at one site or in the whole network, from a day until a day."""

    OPERATOR = "operator"
    COACH = "coach"
    TRAINER = "trainer"
    ASSESSOR = "assessor"
    QA = "qa"
    SITE_LEAD = "site_lead"
    RESPONSIBLE_PERSON = "responsible_person"
    CUSTODIAN = "custodian"
    ADMINISTRATOR = "administrator"
    INSPECTOR = "inspector"


class Permission(StrEnum):
    """Everything that can be asked of the application, as ``thing.verb``."""

    HOME_SEE = "home.see"
    OWN_RECORD_SEE = "own_record.see"
    NETWORK_SEE = "network.see"
    PEOPLE_SEE = "people.see"
    PEOPLE_MANAGE = "people.manage"
    NETWORK_MANAGE = "network.manage"
    CALENDAR_MANAGE = "calendar.manage"
    ROLE_GRANT = "role.grant"
    ROLE_APPROVE = "role.approve"
    TRAIL_SEE = "trail.see"
    DOCUMENT_SEE = "document.see"
    DOCUMENT_AUTHOR = "document.author"
    DOCUMENT_APPROVE = "document.approve"
    MODULE_AUTHOR = "module.author"
    ASSIGNMENT_MANAGE = "assignment.manage"
    BULLETIN_SEE = "bulletin.see"
    BULLETIN_DRAFT = "bulletin.draft"
    BULLETIN_APPROVE = "bulletin.approve"
    BULLETIN_ANSWER = "bulletin.answer"
    STUDY = "study.do"
    MATRIX_SEE = "matrix.see"
    ITEM_AUTHOR = "item.author"
    ATTEMPT_SIT = "attempt.sit"
    OBSERVATION_RECORD = "observation.record"
    QUALIFICATION_SEE = "qualification.see"
    QUALIFICATION_GRANT = "qualification.grant"
    QUALIFICATION_SUSPEND = "qualification.suspend"
    DEVIATION_RAISE = "deviation.raise"
    DEVIATION_SEE = "deviation.see"
    DEVIATION_TRIAGE = "deviation.triage"
    DEVIATION_INVESTIGATE = "deviation.investigate"
    DEVIATION_IMPORT = "deviation.import"
    FILE_TAKE_IN = "file.take_in"
    REPORTING_RULE_MANAGE = "reporting_rule.manage"
    DEVIATION_REDACT = "deviation.redact"
    RECURRENCE_DECIDE = "recurrence.decide"
    CAPA_MANAGE = "capa.manage"
    ACTION_CARRY_OUT = "action.carry_out"
    EXPOSURE_RECORD = "exposure.record"
    STANDING_CHANGE = "standing.change"
    CONSOLE_SEE = "console.see"
    REVIEW_SEE = "review.see"
    REVIEW_PROPOSE = "review.propose"
    REVIEW_COACH = "review.coach"
    REVIEW_TAKE_PART = "review.take_part"
    DIARY_KEEP = "diary.keep"
    REVIEW_ASSIGN = "review.assign"
    TRIGGER_SEE = "trigger.see"
    TRIGGER_MANAGE = "trigger.manage"
    JUST_CULTURE_ASSESS = "just_culture.assess"
    PROGRAMME_SEE = "programme.see"
    REVIEW_OVERSEE = "review.oversee"
    SYSTEM_ACTION_SEE = "system_action.see"
    SURVEY_ANSWER = "survey.answer"
    SURVEY_RELEASE = "survey.release"
    CLIMATE_SEE = "climate.see"
    SURVEY_GOVERN = "survey.govern"
    VOICE_SEE = "voice.see"
    VOICE_ANSWER = "voice.answer"
    OPENINGS_SEE = "openings.see"
    METRICS_SEE = "metrics.see"
    FOLLOW_THROUGH_GOVERN = "follow_through.govern"
    BASELINE_FREEZE = "baseline.freeze"
    MANAGEMENT_REVIEW_SIGN = "management_review.sign"
    SYSTEM_RUN = "system.run"


#: Whoever works to an SOP is trained on it, and whoever agreed to an action sees to it, whatever their role.
_EVERYONE = frozenset({Permission.HOME_SEE, Permission.OWN_RECORD_SEE, Permission.STUDY, Permission.ACTION_CARRY_OUT})
_P = Permission

#: The one permission table. ``docs/permissions.md`` is generated from it and tested against it.
ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.OPERATOR: _EVERYONE
    | {
        _P.STUDY,
        _P.ATTEMPT_SIT,
        _P.DEVIATION_RAISE,
        _P.REVIEW_TAKE_PART,
        _P.DIARY_KEEP,
        _P.SURVEY_ANSWER,
        _P.VOICE_SEE,
        _P.OPENINGS_SEE,
        _P.DOCUMENT_SEE,
    },
    Role.COACH: _EVERYONE
    | {
        _P.REVIEW_SEE,
        _P.REVIEW_COACH,
        _P.TRIGGER_SEE,
        _P.DIARY_KEEP,
        _P.DOCUMENT_SEE,
        _P.CLIMATE_SEE,
        _P.VOICE_SEE,
        _P.DEVIATION_RAISE,
    },
    Role.TRAINER: _EVERYONE
    | {
        _P.DOCUMENT_SEE,
        _P.DOCUMENT_AUTHOR,
        _P.MODULE_AUTHOR,
        _P.BULLETIN_SEE,
        _P.BULLETIN_APPROVE,
        _P.ITEM_AUTHOR,
        _P.ASSIGNMENT_MANAGE,
        _P.MATRIX_SEE,
        _P.QUALIFICATION_SEE,
        _P.PEOPLE_SEE,
        _P.NETWORK_SEE,
        _P.DEVIATION_RAISE,
    },
    Role.ASSESSOR: _EVERYONE
    | {_P.OBSERVATION_RECORD, _P.QUALIFICATION_SEE, _P.MATRIX_SEE, _P.DOCUMENT_SEE, _P.PEOPLE_SEE, _P.DEVIATION_RAISE},
    Role.QA: _EVERYONE
    | {
        _P.NETWORK_SEE,
        _P.PEOPLE_SEE,
        _P.TRAIL_SEE,
        _P.DOCUMENT_SEE,
        _P.DOCUMENT_APPROVE,
        _P.BULLETIN_SEE,
        _P.BULLETIN_DRAFT,
        _P.BULLETIN_ANSWER,
        _P.MATRIX_SEE,
        _P.ASSIGNMENT_MANAGE,
        _P.QUALIFICATION_SEE,
        _P.QUALIFICATION_GRANT,
        _P.QUALIFICATION_SUSPEND,
        _P.DEVIATION_RAISE,
        _P.DEVIATION_SEE,
        _P.DEVIATION_TRIAGE,
        _P.DEVIATION_INVESTIGATE,
        _P.CALENDAR_MANAGE,
        _P.REPORTING_RULE_MANAGE,
        _P.DEVIATION_IMPORT,
        _P.FILE_TAKE_IN,
        _P.DEVIATION_REDACT,
        _P.RECURRENCE_DECIDE,
        _P.CAPA_MANAGE,
        _P.EXPOSURE_RECORD,
        _P.STANDING_CHANGE,
        _P.CONSOLE_SEE,
        _P.REVIEW_PROPOSE,
        _P.REVIEW_ASSIGN,
        _P.TRIGGER_SEE,
        _P.TRIGGER_MANAGE,
        _P.JUST_CULTURE_ASSESS,
        _P.PROGRAMME_SEE,
        _P.REVIEW_OVERSEE,
        _P.SYSTEM_ACTION_SEE,
        _P.CLIMATE_SEE,
        _P.METRICS_SEE,
        _P.FOLLOW_THROUGH_GOVERN,
        _P.BASELINE_FREEZE,
        _P.MANAGEMENT_REVIEW_SIGN,
        _P.SURVEY_GOVERN,
        _P.VOICE_SEE,
        _P.VOICE_ANSWER,
        _P.OPENINGS_SEE,
        _P.ROLE_APPROVE,
    },
    Role.SITE_LEAD: _EVERYONE
    | {
        _P.NETWORK_SEE,
        _P.PEOPLE_SEE,
        _P.MATRIX_SEE,
        _P.QUALIFICATION_SEE,
        _P.DEVIATION_RAISE,
        _P.DEVIATION_SEE,
        _P.DEVIATION_INVESTIGATE,
        _P.EXPOSURE_RECORD,
        _P.CONSOLE_SEE,
        _P.DOCUMENT_SEE,
        _P.BULLETIN_SEE,
        _P.REVIEW_ASSIGN,
        _P.TRIGGER_SEE,
        _P.JUST_CULTURE_ASSESS,
        _P.PROGRAMME_SEE,
        _P.SYSTEM_ACTION_SEE,
        _P.CLIMATE_SEE,
        _P.VOICE_SEE,
        _P.VOICE_ANSWER,
    },
    Role.RESPONSIBLE_PERSON: _EVERYONE
    | {
        _P.NETWORK_SEE,
        _P.PEOPLE_SEE,
        _P.MATRIX_SEE,
        _P.QUALIFICATION_SEE,
        _P.QUALIFICATION_SUSPEND,
        _P.DEVIATION_SEE,
        _P.STANDING_CHANGE,
        _P.CONSOLE_SEE,
        _P.DOCUMENT_SEE,
        _P.TRAIL_SEE,
    },
    Role.CUSTODIAN: frozenset({_P.HOME_SEE, _P.SURVEY_RELEASE, _P.SURVEY_GOVERN, _P.VOICE_SEE, _P.OPENINGS_SEE}),
    Role.ADMINISTRATOR: _EVERYONE
    | {
        _P.NETWORK_SEE,
        _P.NETWORK_MANAGE,
        _P.CALENDAR_MANAGE,
        _P.PEOPLE_SEE,
        _P.PEOPLE_MANAGE,
        _P.FILE_TAKE_IN,
        _P.ROLE_GRANT,
        _P.TRAIL_SEE,
    },
    Role.INSPECTOR: frozenset(
        {
            _P.HOME_SEE,
            _P.NETWORK_SEE,
            _P.PEOPLE_SEE,
            _P.TRAIL_SEE,
            _P.DOCUMENT_SEE,
            _P.MATRIX_SEE,
            _P.QUALIFICATION_SEE,
            _P.DEVIATION_SEE,
            _P.CONSOLE_SEE,
        }
    ),
}


#: Roles that nobody holds beside another: whoever holds the key of everybody's answers neither runs the system, nor
#: coaches, nor is in charge of a site. Respondents are told so before they answer.
_APART: Mapping[Role, frozenset[Role]] = {Role.CUSTODIAN: frozenset({Role.ADMINISTRATOR, Role.COACH, Role.SITE_LEAD})}


def apart_from(role: Role) -> frozenset[Role]:
    """Return the roles that nobody may hold at the same time as this one."""
    return _APART.get(role, frozenset()) | {one for one, others in _APART.items() if role in others}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that holds now: at one site, or in the whole network when ``site_id`` is None."""

    role: Role
    site_id: UUID | None


@dataclass(frozen=True, slots=True)
class Home:
    """The site that a person works at."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Fresh proof of identity, made at the moment of signing and good for one command (21 CFR 11.200)."""

    account_id: UUID
    at: datetime
    method: str
    session_started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks for a change or a page: a person with their roles, or a job of the system."""

    #: ``u:<account id>``, ``i:<integration id>`` or ``system:<job>``, as written in the trail.
    id: str
    name: str
    person_id: UUID | None = None
    account_id: UUID | None = None
    grants: tuple[Grant, ...] = ()
    #: IANA zone in which this reader's times are shown.
    zone: str = "UTC"
    #: Where this reader works; None for jobs, and for actors that no session stands behind.
    home: Home | None = None
    proof: Proof | None = None
    #: Set for jobs and the installer only: may do everything, everywhere.
    is_system: bool = False
    #: Set for an integration only: of what its grants hold, it may do no more than this, and it signs nothing.
    only: frozenset[Permission] | None = None

    @classmethod
    def system(cls, job: str) -> Actor:
        """Return the actor of a job, which may do everything and signs nothing."""
        return cls(id=f"system:{job}", name=job, is_system=True)

    def proven(self, proof: Proof) -> Actor:
        """Return this actor with fresh proof of identity, for one command that signs."""
        return replace(self, proof=proof)

    def may(self, permission: Permission, site_id: UUID | None = None) -> bool:
        """Whether this actor has the permission, at that site if one is named."""
        return self.is_system or self.role_for(permission, site_id) is not None

    def role_for(self, permission: Permission, site_id: UUID | None = None) -> Role | None:
        """Return the role that gives the permission, for the trail."""
        for grant in self.grants:
            if self._has(grant, permission) and (site_id is None or grant.site_id in {None, site_id}):
                return grant.role
        return None

    def sites_for(self, permission: Permission) -> frozenset[UUID] | None:
        """Return the sites at which the permission holds; None means the whole network."""
        if self.is_system:
            return None
        sites = {grant.site_id for grant in self.grants if self._has(grant, permission)}
        return None if None in sites else frozenset(site for site in sites if site is not None)

    def _has(self, grant: Grant, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[grant.role] and (self.only is None or permission in self.only)

    def has_role(self, role: Role) -> bool:
        """Whether the role is held anywhere."""
        return any(grant.role is role for grant in self.grants)


#: Marks a view that anybody may open, signed in or not.
PUBLIC = "public"


def requires(permission: Permission | str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view with the permission it needs, and refuse everyone else before the view runs."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if permission != PUBLIC:
                if not current_user.is_authenticated:
                    return login.unauthorized()  # type: ignore[no-any-return]
                if not viewer().may(Permission(permission)):
                    abort(403)
            return view(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def viewer() -> Actor:
    """Return the person who is reading this page. Only inside a view that requires a permission."""
    actor: Actor = current_user.actor
    return actor
