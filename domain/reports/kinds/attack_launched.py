"""An attack or a battle; the case is the method."""

from typing import Literal

from domain.reports.claims.claim import METHODS, Method
from domain.reports.kind import Codes, CrosswalkRow, Kind, Report, SlugList
from domain.reports.text_forms import Duration
from domain.values.actors import Actor
from domain.values.text_types import Slug

# ACLED Codebook (2023), "Event Types and Sub-Event Types", read in a second-hand copy.
_BATTLE, _REMOTE, _CIVILIANS = ("Battles", "Explosions/Remote violence", "Violence against civilians")
# CAMEO 1.1b3 (2012), §2.14 and 2.17-2.20, read in second-hand lists of its codes. PLOVER: its authors' own table from
# CAMEO, CAMEO2PLOVER-2021.
_CODES = {
    "armed_clash": Codes(_BATTLE, "Armed clash", "190", "ASSAULT"),
    "ambush": Codes(_BATTLE, "Armed clash", "190", "ASSAULT"),
    "raid": Codes(_CIVILIANS, "Attack", "190", "ASSAULT"),
    "execution": Codes(_CIVILIANS, "Attack", "1823", "ASSAULT"),
    "abduction": Codes(_CIVILIANS, "Abduction/forced disappearance", "181", "ASSAULT"),
    "torture": Codes(_CIVILIANS, "Attack", "1822", "ASSAULT"),
    "sexual_violence": Codes(_CIVILIANS, "Sexual violence", "1821", "ASSAULT"),
    "mob_violence": Codes("Riots", "Mob violence", "145", "PROTEST"),
    "shelling": Codes(_REMOTE, "Shelling/artillery/missile attack", "194", "ASSAULT"),
    "air_strike": Codes(_REMOTE, "Air/drone strike", "195", "ASSAULT"),
    "drone_strike": Codes(_REMOTE, "Air/drone strike", "1952", "ASSAULT"),
    "suicide_bombing": Codes(_REMOTE, "Suicide bomb", "1831", "ASSAULT"),
    "explosive_device": Codes(_REMOTE, "Remote explosive/landmine/IED", "183", "ASSAULT"),
    "arson": Codes("Strategic developments", "Looting/property destruction", "1712", "ASSAULT"),
    "chemical": Codes(_REMOTE, "Chemical weapon", "2041", "ASSAULT"),
}
# An act of violence of which no more is known has no sub-event type of ACLED's.
_OTHER = Codes(cameo="180", plover="ASSAULT")


class AttackLaunched(Report, frozen=True, kw_only=True):
    """An attack or battle. Who began it may be unknown, and often nobody "launched" it."""

    kind: Literal["attack_launched"]
    method: Method
    parties: SlugList = ()
    """Who fought or attacked, in no order."""
    initiator: Slug | None = None
    targets: SlugList = ()
    duration: Duration | None = None

    def event_part(self) -> str:
        """Return the method: two methods on one day at one place are two events."""
        return self.method

    def participants(self) -> tuple[Actor, ...]:
        """Return the actors that are named as parties, initiator or targets."""
        named = {*self.parties, *self.targets, self.initiator} - {None}
        return tuple(actor for actor in self.actors if actor.slug in named)

    def victims(self) -> tuple[Slug, ...]:
        """Return the targets."""
        return self.targets

    def ucdp_type(self) -> str | None:
        """Return UCDP's type of violence from the types of those who took part (UCDP GED codebook, `type_of_violence`).

        Two armed sides: state-based if a state's forces are among them, else
        non-state. One armed side against civilians: one-sided. Otherwise unknown.
        """
        participants = self.participants()
        types = {actor.type for actor in participants}
        armed = {actor.side or actor.slug for actor in participants if actor.type in ("state_forces", "armed_group")}
        if len(armed) > 1:
            return "state-based" if "state_forces" in types else "non-state"
        return "one-sided" if armed and "civilian" in types else None


KIND = Kind(
    title="Attack launched",
    meaning="An attack or a battle took place, by a method, between parties that may be unknown.",
    model=AttackLaunched,
    case_field="method",
    cases={None: CrosswalkRow("violence", _OTHER)}
    | {word: CrosswalkRow("violence", _CODES.get(word, _OTHER)) for word in METHODS},
    note="UCDP's type of violence follows from the types of the actors named as parties, initiator and targets.",
    example={
        "kind": "attack_launched",
        "event": "highway-ambushes",
        "method": "ambush",
        "parties": ["syrian-state-forces", "unnamed-gunmen"],
        "initiator": "unnamed-gunmen",
        "targets": ["syrian-state-forces"],
        "occurred": "2025-03-08T18:00:00+03:00/2025-03-09T06:00:00+03:00",
        "duration": "PT12H",
        "reported_at": "2025-03-09",
        "source": {"anonymous": "A security source", "type": "party_to_conflict", "speaks_for": "syrian-state-forces"},
        "via": ["reuters"],
        "places": [
            {
                "name": "Jableh",
                "country": "SY",
                "admin1": "Latakia",
                "lat": "35.3612",
                "lon": "35.9268",
                "precision": "vicinity",
            }
        ],
        "actors": [
            {"name": "Security forces", "slug": "syrian-state-forces", "type": "state_forces", "side": "government"},
            {"name": "Gunmen", "slug": "unnamed-gunmen", "type": "armed_group", "role": "initiator"},
        ],
        "evidence": [{"url": "https://example.org/ambush", "sha256": "0f" * 32, "media_type": "text/html"}],
        "language": "en",
        "tags": ["highways"],
        "external_ids": {"example.org": "1234"},
        "claims": [
            {
                "id": "1",
                "measure": "killed",
                "population": {"status": ["state_forces"]},
                "count": {"verbatim": "at least 3"},
            }
        ],
        "text": {"summary": "Gunmen ambushed vehicles overnight.", "occurred_words": "overnight"},
    },
)
