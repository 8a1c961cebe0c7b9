"""Attacks by somebody with every right on the database, each with what must be named first.

Each attack is made on both logs. A chain is granted that the attacker chains anew whatever he rehashes, as he would.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from lms.audit.canonical import canonical, moment, row_hash
from lms.audit.checkpoint import Checkpoint, SigningKey
from lms.audit.models import AuditCheckpoint, AuditEvent, AuditLeaf, AuditUnsealed
from lms.audit.report import Fault
from lms.identity.models import Person
from lms.ids import new_id
from tests.factories.people import days_ago
from tests.rooms.audit.attacker import Attacker


@dataclass
class World:
    """A trail with records of which two are the attacker's aim."""

    anna: UUID
    berta: UUID
    role: UUID
    signature: UUID
    signing_key: SigningKey
    origin: str


@dataclass(frozen=True)
class Expected:
    """What must be named first: the kind of disagreement, the record if one can be named, the leaf."""

    fault: Fault
    record: str | None = None
    seq: int | None = None


Attack = Callable[[Attacker, World], Expected]
ATTACKS: dict[str, tuple[Attack, bool]] = {}


def attack(words: str, *, chain_finds: bool = False) -> Callable[[Attack], Attack]:
    """Register an attack, and whether a plain chain finds it."""

    def register(function: Attack) -> Attack:
        ATTACKS[words] = (function, chain_finds)
        return function

    return register


def last_event_of(dba: Attacker, record: str) -> int:
    return max(seq for seq, event in enumerate(dba.events) if event.record == record)


def correction(dba: Attacker, world: World) -> int:
    """The leaf of Anna's first correction: in the middle of the trail, followed by others."""
    corrections = [
        seq
        for seq, event in enumerate(dba.events)
        if event.record == f"person {world.anna}" and event.body["action"] == "lms.correct_person"
    ]
    return corrections[0]


# -- records ---------------------------------------------------------------------------------------


@attack("edit a record")
def _(dba: Attacker, world: World) -> Expected:
    dba.edit("person", world.anna, family_name="Forged")
    record = f"person {world.anna}"
    return Expected(Fault.ROW_DIFFERS, record, last_event_of(dba, record))


@attack("edit a record and count its version up")
def _(dba: Attacker, world: World) -> Expected:
    dba.edit("person", world.anna, family_name="Forged", version=Person.version + 1)
    record = f"person {world.anna}"
    return Expected(Fault.ROW_DIFFERS, record, last_event_of(dba, record))


@attack("delete a record")
def _(dba: Attacker, world: World) -> Expected:
    dba.delete("role_assignment", world.role)
    record = f"role_assignment {world.role}"
    return Expected(Fault.ROW_MISSING, record, last_event_of(dba, record))


@attack("insert a record")
def _(dba: Attacker, world: World) -> Expected:
    forged = new_id()
    dba.copy("role_assignment", world.role, id=forged, role="administrator")
    return Expected(Fault.ROW_WITHOUT_EVENT, f"role_assignment {forged}")


@attack("copy a signature to another record")
def _(dba: Attacker, world: World) -> Expected:
    forged = new_id()
    dba.copy("signature", world.signature, id=forged, record_id=world.berta)
    return Expected(Fault.ROW_WITHOUT_EVENT, f"signature {forged}")


@attack("move a signature to another record")
def _(dba: Attacker, world: World) -> Expected:
    dba.edit("signature", world.signature, record_id=world.berta)
    record = f"signature {world.signature}"
    return Expected(Fault.ROW_DIFFERS, record, last_event_of(dba, record))


# -- events ----------------------------------------------------------------------------------------


@attack("edit an event", chain_finds=True)
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    event = dba.events[seq]
    event.body["reason"] = "forged"
    dba.edit("audit_event", event.id, body=event.text)
    dba.chain.entries[seq] = dba.entry(event)
    return Expected(Fault.BODY_DIFFERS, event.record, seq)


@attack("edit an event and its own hash", chain_finds=True)
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    dba.events[seq].body["reason"] = "forged"
    dba.write_event(dba.events[seq])
    dba.chain.entries[seq] = dba.entry(dba.events[seq])
    return Expected(Fault.LEAF_DIFFERS, dba.events[seq].record, seq)


@attack("edit an event, its hashes, the tree and its head")
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    dba.events[seq].body["actor"] = f"u:{world.berta}"
    dba.rebuild()
    return Expected(Fault.CHECKPOINT_CONTRADICTED, None, seq)


@attack("edit a record together with its event, hashes and tree")
def _(dba: Attacker, world: World) -> Expected:
    record = f"person {world.anna}"
    seq = last_event_of(dba, record)
    event = dba.events[seq]
    dba.edit("person", world.anna, family_name="Forged")
    row = dba.connection.execute(select(Person.__table__).where(Person.id == world.anna)).mappings().one()
    event.payload["family_name"][1] = "Forged"
    event.fit_payload()
    event.body["row"] = row_hash(dict(row))
    dba.rebuild()
    return Expected(Fault.CHECKPOINT_CONTRADICTED, None, seq)


@attack("delete an event", chain_finds=True)
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    dba.delete("audit_event", dba.events[seq].id)
    dba.chain.remove(seq)
    return Expected(Fault.EVENT_MISSING, f"event {dba.events[seq].id}", seq)


@attack("delete an event with its leaf", chain_finds=True)
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    dba.connection.execute(delete(AuditLeaf).where(AuditLeaf.seq == seq))
    dba.delete("audit_event", dba.events[seq].id)
    dba.chain.remove(seq)
    following = next(n for n, e in enumerate(dba.events) if n > seq and e.record == dba.events[seq].record)
    return Expected(Fault.OLD_VALUE_DIFFERS, dba.events[seq].record, following)


@attack("delete an event, number the rest anew, rebuild the tree")
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    record = dba.events.pop(seq).record
    dba.rebuild()
    following = next(n for n, e in enumerate(dba.events) if n >= seq and e.record == record)
    return Expected(Fault.OLD_VALUE_DIFFERS, record, following)


@attack("insert a forged event, number the rest anew, rebuild the tree")
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    forged = copy.deepcopy(dba.events[seq])
    forged.id = new_id()
    forged.body["id"] = str(forged.id)
    forged.body["actor"] = f"u:{world.berta}"
    dba.events.insert(seq + 1, forged)
    dba.rebuild()
    return Expected(Fault.VERSION_REPEATED, forged.record, seq + 1)


@attack("swap the bodies of two events", chain_finds=True)
def _(dba: Attacker, world: World) -> Expected:
    one = correction(dba, world)
    first, second = dba.events[one], dba.events[one + 1]
    dba.edit("audit_event", first.id, body=second.text)
    dba.edit("audit_event", second.id, body=first.text)
    dba.chain.swap(one, one + 1)
    return Expected(Fault.BODY_DIFFERS, first.record, one)


@attack("swap two leaves and rebuild the tree")
def _(dba: Attacker, world: World) -> Expected:
    one = correction(dba, world)
    assert dba.events[one].record != dba.events[one + 1].record
    dba.events[one], dba.events[one + 1] = dba.events[one + 1], dba.events[one]
    dba.rebuild()
    return Expected(Fault.CHECKPOINT_CONTRADICTED, None, one)


@attack("put an event beside the tree")
def _(dba: Attacker, world: World) -> Expected:
    forged = copy.deepcopy(dba.events[last_event_of(dba, f"person {world.anna}")])
    forged.id = new_id()
    forged.body.update(id=str(forged.id), rver=99, rid=str(new_id()))
    dba.connection.execute(insert(AuditEvent).values(forged.columns()))
    return Expected(Fault.EVENT_OUTSIDE_TREE, forged.record)


# -- the end of the trail, old and new values, moments ---------------------------------------------


@attack("cut the tail, keep the records")
def _(dba: Attacker, world: World) -> Expected:
    record = f"person {world.anna}"
    seq = last_event_of(dba, record)
    before = max(n for n in range(seq) if dba.events[n].record == record)
    del dba.events[seq:]
    dba.rebuild()
    dba.drop_checkpoints(above=seq)
    return Expected(Fault.ROW_DIFFERS, record, before)


@attack("cut the tail and undo its effect")
def _(dba: Attacker, world: World) -> Expected:
    """The same as putting an older copy of the whole database back: only what is kept outside can tell."""
    record = f"person {world.anna}"
    seq = last_event_of(dba, record)
    undone = dba.events[seq]
    del dba.events[seq:]
    dba.rebuild()
    dba.drop_checkpoints(above=seq)
    old = {name: values[0] for name, values in undone.payload.items()}
    dba.edit("person", world.anna, **old, version=undone.body["rver"] - 1)
    return Expected(Fault.TRAIL_CUT, None, seq)


@attack("rewrite old and new values", chain_finds=True)
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    event = dba.events[seq]
    event.payload["family_name"] = ["Other", "Names"]
    dba.edit("audit_event", event.id, payload=canonical(event.payload).decode())
    dba.chain.entries[seq] = dba.entry(event)
    return Expected(Fault.PAYLOAD_DIFFERS, event.record, seq)


@attack("rewrite old and new values, hashes and tree")
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    event = dba.events[seq]
    event.payload["family_name"][1] = "Other"
    event.fit_payload()
    dba.rebuild()
    return Expected(Fault.HISTORY_DIFFERS, event.record, seq)


@attack("blot out old and new values", chain_finds=True)
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    dba.edit("audit_event", dba.events[seq].id, payload=None, salt=None)
    dba.chain.entries[seq] = dba.events[seq].text
    return Expected(Fault.PAYLOAD_MISSING, dba.events[seq].record, seq)


@attack("date an event back where pages read the moment")
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    dba.edit("audit_event", dba.events[seq].id, at=days_ago(365))
    return Expected(Fault.COPIES_DIFFER, dba.events[seq].record, seq)


@attack("date an event back, rebuild the tree")
def _(dba: Attacker, world: World) -> Expected:
    seq = correction(dba, world)
    dba.events[seq].body["at"] = moment(days_ago(30))
    dba.rebuild()
    return Expected(Fault.TIME_GOES_BACK, dba.events[seq].record, seq)


@attack("append an event dated back, with its effect, and let it be sealed")
def _(dba: Attacker, world: World) -> Expected:
    last = dba.events[last_event_of(dba, f"person {world.anna}")]
    dba.edit("person", world.anna, email="forged@example.org", version=Person.version + 1)
    row = dba.connection.execute(select(Person.__table__).where(Person.id == world.anna)).mappings().one()
    forged = copy.deepcopy(last)
    forged.id = new_id()
    forged.payload = {"email": [last.payload["email"][1], "forged@example.org"]}
    at = moment(days_ago(365))
    forged.body.update(id=str(forged.id), rver=row["version"], at=at, row=row_hash(dict(row)))
    forged.fit_payload()
    dba.connection.execute(insert(AuditEvent).values(forged.columns()))
    dba.connection.execute(insert(AuditUnsealed).values(event_id=forged.id, xid=0))
    dba.chain.entries.append(dba.entry(forged))
    dba.chain.rechain()
    return Expected(Fault.TIME_GOES_BACK, forged.record, len(dba.events))


# -- checkpoints -----------------------------------------------------------------------------------


@attack("delete a checkpoint")
def _(dba: Attacker, world: World) -> Expected:
    size = dba.checkpoint_sizes()[1]
    dba.connection.execute(delete(AuditCheckpoint).where(AuditCheckpoint.size == size))
    return Expected(Fault.CHECKPOINT_MISSING, None, None)


@attack("rewrite the tree, sign its checkpoints with another key")
def _(dba: Attacker, world: World) -> Expected:
    return rewrite_and_sign(dba, world, SigningKey.generate(world.signing_key.name))


@attack("rewrite the tree, sign its checkpoints with the stolen key")
def _(dba: Attacker, world: World) -> Expected:
    return rewrite_and_sign(dba, world, world.signing_key)


def rewrite_and_sign(dba: Attacker, world: World, key: SigningKey) -> Expected:
    seq = correction(dba, world)
    dba.events[seq].body["reason"] = "forged"
    dba.rebuild()
    for size in dba.checkpoint_sizes():
        note = key.sign(Checkpoint(world.origin, size, dba.tree_of(size).root()))
        dba.connection.execute(update(AuditCheckpoint).where(AuditCheckpoint.size == size).values(note=note))
    return Expected(Fault.CHECKPOINT_CONTRADICTED, None, seq)
