"""The words of `en/2` around a figure: people, what befell them, and what makes a figure something else."""

from domain.values.counts.lexicons.english_1 import Phrase
from domain.values.counts.lexicons.english_nations import NATIONAL, NATIONALS
from domain.values.counts.lexicons.lexicon import (
    AGENT,
    ARTICLE,
    CLOSING,
    COLLECTIVE,
    COMPLEMENT,
    COUNTING,
    DETERMINER,
    EQUIPMENT,
    FATE,
    FILLER,
    INCLUDING,
    JOIN,
    MONTH,
    MORE,
    MOSTLY,
    OF,
    PART_OF,
    PERSON,
    PREPOSITION,
    QUALIFIER,
    THING,
    to_one,
    words_to,
)

_REGULAR = """
    supporter follower sympathizer sympathiser campaigner defendant believer cardinal bishop bodyguard lifeguard
    kidnapper hijacker castaway holidaymaker reveler reveller partygoer concertgoer festivalgoer churchgoer moviegoer
    motorcyclist biker trucker homeowner landowner customer diner employer manager executive clerk janitor cleaner
    maid nanny pastoralist rancher bandit musician singer artist poet teacher-trainee imam surgeon dentist pharmacist
    midwife councillor councilor senator minister president ambassador consul envoy lumberjack welder electrician
    plumber mechanic carpenter tailor barber butcher grocer waitress bartender chef vendor hawker beggar squatter
    nomad peddler seller tenant neighbor inhabitant local islander townsman dweller footballer jogger swimmer surfer
    skier mountaineer trekker hunter poacher quarryman welder docker gunrunner arsonist looter vigilante enforcer
    hitman ringleader mastermind collaborator informer traitor saboteur infantryman rifleman artilleryman legionnaire
    cavalryman sapper submariner squaddie sentry aggressor occupier invader paraglider parachutist navigator copilot
    steward stewardess attendant conductor engineer cousin nephew niece stepson stepdaughter bride groom fiancee guest
    orphan newcomer expat pedestrian cameraperson podcaster blogger influencer publisher columnist correspondent
    freelancer producer presenter broadcaster sheik mufti rabbi cantor deacon seminarian catechist altar-server
    muezzin ayatollah mullah cleric theologian intern apprentice schoolteacher headmaster principal dean librarian
    researcher academic graduate undergraduate paratroop ranger gamekeeper forester lumberman abductee activist actor
    adolescent adult agent aide airman ally ambassador asylum-seeker athlete attacker attendee aunt assailant author
    baker brother bystander cadet cameraman captain captive captor casualty civilian cleric climber colleague colonel
    combatant commander commando commuter conscript contractor convict cook corporal corpse cousin cyclist dancer
    daughter defector defender delegate demonstrator deportee deputy detainee devotee diplomat dissident diver doctor
    driver drug-dealer editor employee engineer evacuee evangelist expatriate extremist father farmer fighter
    firefighter fisher fugitive gangster gendarme general girl governor grandchild grandfather grandmother grandson
    guard guerrilla guest gunner harvester herder hiker hostage human imam immigrant infant infiltrator informant
    inmate innocent insurgent instructor intelligence-officer interpreter islamist jihadi jihadist journalist judge
    kid laborer labourer lawmaker lawyer leader lecturer lieutenant lover loyalist major marine martyr mayor medic
    member mercenary merchant migrant militant miner minister minor missionary monk mother motorist mourner mujahid
    national negotiator neighbor neighbour noncombatant nun nurse officer official operative opponent orphan paramedic
    paramilitary paratrooper parent parishioner participant partisan passenger pastor patient patrolman peacekeeper
    peasant pedestrian pensioner perpetrator person photographer physician pilgrim pilot pirate player policeman
    politician porter prayer preacher priest prisoner professor prosecutor protester protestor psychologist pupil
    raider ranger rebel recruit refugee relative reporter rescuer reservist resident returnee rider rioter robber
    sailor scholar scientist seaman seminarian separatist sergeant serviceman settler sheikh shepherd shopkeeper
    shopper shooter sister smuggler sniper soldier son spectator spy staffer stowaway student suspect teacher teen
    teenager technician terrorist toddler tourist trader trafficker trainee translator traveler traveller trooper twin
    uncle vendor victim villager visitor volunteer voter waiter warder widow witness worker worshiper worshipper
    writer youngster youth body ex-soldier serviceperson dead-body cadaver individual internally-displaced-person
    citizen gunman non-combatant
"""
_IRREGULAR = """
    herdsmen herdsman fisherfolk townsmen quarrymen infantrymen artillerymen cavalrymen kidnappers midwives hitmen
    councilmen congressmen tribespeople businesspeople frontliners first-responders responders people persons folk men
    man women woman children child babies baby boys boy girls girl infants elderly elders elder troops police
    policemen policewomen policewoman personnel staff staffers crew crewmen crewman crewmembers crewmember gunmen
    gunman servicemen servicewomen fishermen fisherman firemen fireman cameramen militia militiamen militiaman
    tribesmen tribesman clansmen clergymen clergy clergyman businessmen businessman infantrymen paratroopers guardsmen
    airmen seamen wives wife husbands husband spies casualties mercenaries bodies deputies missionaries paramilitaries
    mujahideen mujahedeen fedayeen peshmerga janjaweed kin siblings sibling toddlers youths youth newborns newborn
    teens others other IDPs idps pows pow vips aidworkers grandchildren schoolchildren schoolchild schoolgirls
    schoolgirl schoolboys schoolboy labourers laborers stepchildren townspeople townsfolk tradesmen salesmen spokesmen
    foremen marines sheikhs militias gendarmes mourners humans lives life souls souls fatality congregants
    non-combatants combatants co-workers coworkers colleagues widows expats expat gunners riflemen
"""
_MEMBERS = """
    | family members | gang members | crew members | team members | group members | tribe members | clan members |
    community members | unit members | family member | gang member | crew member | cabin crew | first responders |
    foreign nationals | third country nationals | human beings | men of the cloth | asylum seekers | asylum seeker |
    suicide bombers | suicide bomber | police officers | people with disabilities | members of parliament | members of
    one family | service members | service member | health care workers
"""
_KILLED = """
    killed | dead | died | slain | murdered | executed | assassinated | massacred | deaths | death | fatalities |
    lynched | perished | beheaded | martyred | drowned | die | shot dead | drown | perish | shot and killed | beaten
    to death | stabbed to death | burned to death | burnt to death | tortured to death | crushed to death | found dead
    | discovered dead | feared dead | believed dead | presumed dead | thought dead | reported dead | confirmed dead |
    feared killed | believed killed | presumed killed | reported killed | confirmed killed | left dead | dead bodies |
    hacked to death | lost their lives | lives lost | lost his life | lost her life | lost life | deceased | killings
    | murders | executions | fallen | starved to death | froze to death | believed to be dead | believed to have died
    | believed to have been killed | feared to have died | thought to have died | gunned down | killed in action |
    dead on arrival | hanged | pronounced dead | declared dead | were to die
"""
_OTHER_FATES = {
    "injured": "injured | wounded | injuries | hurt | injury | maimed | hospitalized | hospitalised",
    "missing": "remain missing | remained missing | missing | unaccounted for | gone missing",
    "disappeared": "disappeared | forcibly disappeared | disappearances",
    "abducted": "abducted | kidnapped | abductions | kidnappings | abductees | taken hostage",
    "detained": "detained | arrested | imprisoned | jailed | arrests | detentions | in custody | rounded up",
    "displaced": "displaced | homeless | evacuated | uprooted | fled | forced from their homes",
    "": "orphaned | widowed | affected | trapped | tortured | raped | buried"
    " | beaten | shot | bombed | executed extrajudicially",
}
_QUALIFIERS = """
    us uk usa eu uae drc assad sdf pkk turkish-backed backed government-backed iran-backed linked affiliated trained
    islamic newly wed disabled blind deaf orphaned starving hungry stranded stateless homeless-s detained-s qaeda
    kurdish-led led innocent unarmed armed young old older male female local foreign internal adult teenage underage
    pregnant wounded-in military army navy naval police security government state federal national rebel opposition
    militia paramilitary resistance pro-government anti-government pro government loyalist regime hospital medical
    health aid relief rescue humanitarian civil defence defense media press school university college student village
    tribal ethnic religious islamist jihadist muslim christian jewish sunni shia shiite hindu sikh buddhist alawite
    druze yazidi kurdish arab senior junior high ranking top suspected alleged known internally senior-level elite
    special commando enemy allied coalition un nato hamas hezbollah hizbullah taliban houthi isis isil is al qaeda
    daesh fatah sdf wagner boko haram shabaab m23 rsf saf fsa hts pkk ypg idf irgc unrwa unifil unhcr undocumented
    african asian european western eastern northern southern american latin border prison traffic riot intelligence
    counterterrorism air ground construction factory farm garment railway bus taxi truck lorry ambulance fire ngo red
    cross crescent un peacekeeping uniformed plainclothes off duty retired former fellow whole entire separate
    different unidentified unnamed identified named male-only female-only indigenous peaceful mine coal gold oil dock
    plantation municipal public private embassy party church mosque temple synagogue football
"""
_FILLERS = """
    were was are is have has had been be being still now reportedly confirmed officially so far already also found
    recovered discovered reported recorded documented counted verified registered identified there who which that
    today yesterday tonight overnight later then directly deliberately extrajudicially instantly immediately
    tragically both alone accidentally seriously critically severely badly lightly slightly gravely brutally summarily
    | so far | to date | as of now | as well | in cold blood | at once | by name | on the spot | at the scene | in
    total | in all | on monday | on tuesday | on wednesday | on thursday | on friday | on saturday | on sunday | last
    night | last week | last month | last year | this week | this month | this year | this morning | of the same
    family | on both sides | nationwide | countrywide | in a mass grave
    | in mass grave | in mass graves | from a mass grave | from mass graves | of one family | of a single family | of
    the one family | from the same family | from one family | from a
    single family | of his family | of her family | of their family | of a family | in one family | alive or
"""
_CLOSINGS = """
    so far | in all | in total | overall | altogether | total | to date | confirmed | on board | aboard | as of now |
    of them | all told | people in all
"""
_SAID = """
    police say | police said | officials say | officials said | authorities say | authorities said | sources say |
    says un | un says | report says | reports say | medics say | medics said | witnesses say | witnesses said |
    rescuers say | ministry says | state media say | state media says | residents say | activists say | monitor says |
    army says | military says
"""
_PREPOSITIONS = """
    off in at near on inside outside across throughout during after since following amid amidst along between-cities
    around over-the within via into aboard toward towards opposite beside | according to | as a result of | because of
    | due to | out of | as part of | in front of | north of | south of | east of | west of | in and around | for |
    while in | as | under | behind
"""
_COMPLEMENTS = """
    al el ad ar az ash bin abu ibn de la du di del the-hague attack attacks bombing bombings bombardment shelling
    strike strikes airstrike airstrikes raid raids ambush ambushes blast blasts explosion explosions clash clashes
    fighting battle battles war conflict violence massacre massacres shooting shootings fire gunfire crossfire assault
    assaults offensive operation operations incident incidents earthquake quake flood floods landslide storm crash
    crashes accident collapse stampede riot riots protest protests uprising unrest custody detention prison prisons
    hospital hospitals school schools mosque mosques church churches market markets camp camps village villages town
    towns city cities district districts province provinces governorate governorates region regions area areas
    neighborhood neighbourhood neighborhoods neighbourhoods suburb suburbs countryside street streets road roads
    highway border coast sea river mountain mountains valley island capital country north south east west northern
    southern eastern western northeast northwest southeast southwest northeastern northwestern southeastern
    southwestern central rural occupied vehicle vehicles car cars bus buses truck boat boats ship plane aircraft
    helicopter convoy checkpoint checkpoints base bases barracks compound headquarters station stations building
    buildings house houses home homes apartment restaurant hotel shelter shelters tent tents queue line strip bank
    mine mines action addition-to duty ranks side sides front rubble debris grave ground floor forces division
    divisions brigade brigades battalion battalions regiment unit army police militia militias regime government
    gunmen bomb bombs rocket rockets missile missiles drone drones mortar mortars artillery tank landmine landmines
    ied car-bomb shrapnel sniper snipers suicide knife gang gangs mob group movement party organization organisation
    ministry agency church hands same coastal recent latest deadly ongoing first second third two-day days-long
    israeli-occupied year-old-s weekend morning evening afternoon night ceasefire truce monday tuesday wednesday
    flooding ferry double twin worst deadliest string series spate festival wedding weddings funeral funerals
    ceremony rally parade concert
    nightclub stadium airport port cafe office
    pipeline refinery plant pub club beach forest desert lake bridge tunnel train metro subway court cemetery settlement
    kibbutz enclave playground kindergarten clinic marketplace square kitchen warehouse crossing outpost cyclone
    hurricane typhoon tornado landslides mudslide wildfire wildfires heatwave famine derailment sinking shipwreck
    capsizing grenade arson stabbing rampage siege shell cluster munition bomber bombers execution beheading aerial
    barrage salvo coup crackdown feud infighting skirmish firefight shootout
    thursday friday saturday sunday january-s past independence state cold blood regular family household crew team
    group convoy school-run
"""
_WITH = """
    second attack | second strike | second explosion | second blast | second day | clashes between | fighting
    between | battles between
    | clash with | clashes with | fighting with | battle with | battles with | war with | firefight with | shootout
    with
    | gunfight with | skirmishes with
"""
_EQUIPMENT = """
    vehicles | tanks | armoured vehicles | armored vehicles | armoured personnel carriers | armored personnel carriers
    | drones | missiles | rockets | aircraft | helicopters | warships | jets | fighter jets | artillery pieces
    | gunships
    | pickup trucks | military vehicles
"""
_GROUPS = """
    families households truckloads busloads carloads boatloads truckload busload carload boatload bags sacks graves
    groups gangs teams crews units battalions brigades regiments companies platoons squads divisions convoys couples
    pairs villages towns cities communities tribes clans districts neighborhoods neighbourhoods countries states
    nations waves batches parts limbs heads remains piles heaps rows rooms tents camps | body bags | body parts | mass
    graves | mass grave | body bag | clusters | cells | factions | organizations | organisations | parties | classes |
    ambulances
"""
_COLLECTIVES = """
    family household group team crowd gang unit battalion brigade company platoon squad convoy village town
"""
_RATES = """
    daily weekly monthly yearly annually hourly nightly each every apiece per average averaging pc pct percent
    percentage % ‰ rate | a day | a week | a month | a year | an hour | a minute | a night | a piece | per cent | on
    average | each day | per day | a head | the day | in a day | in every
"""
_UNITS = """
    cents times fold km kms kilometre kilometres kilometer kilometers mile miles m metre metres meter meters cm mm kg
    kgs tonne tonnes ton tons litre litres liter liters hectare hectares acre acres second seconds minute minutes hour
    hours day days week weeks month months year years decade decades century centuries am pm gmt utc bc ad dollar
    dollars euro euros pound pounds usd eur gbp rupees rupee lira $ € £ ¥ ₹ st nd rd th e degrees degree points point
    half halves thirds quarters fourth fourths fifth fifths sixth seventh eighth ninth tenth tenths hundredth
    thousandth twentieth quarter b bn mn mln t k x rounds shells barrels °
"""
_AGES = """
    aged age yo old-s yr yrs y/o | years old | year old | year olds | years of age | months old | month old
"""
_DOUBTS = """
    fears fear hopes hope rumours rumors rumour rumor rumored warning warnings fake hoax unless if whether should would
    will can shall did does do until till how why what
    than less fewer least max maximum minimum min approx approximately roughly nearly almost estimated estimate
    counting plus minus odd thereabouts upwards perhaps possibly probably maybe may might likely unlikely not never no
    unconfirmed disputed believed alleged allegedly rumoured rumored suspected-of claimed potentially could would if
    unverified feared presumed thought neither nor without except excluding denied false falsely citation ? ! * † ‡ ±
    → ← = < > ~ ≈ # @ + most over above below under up about only
"""
_ALIVE = """
    survivors survivor survived survive rescued released freed saved alive escaped unharmed unhurt returned spared
"""
_CHANGES = "from increase rise jump versus vs compared revised up-from down-from instead but"
_PLACES = """
    hospitals schools mosques churches places locations sites cars boats checkpoints
"""
_COUNTING = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion
    lakh lakhs lac crore crores dozen score couple pair several few handful tens dozens scores hundreds thousands
    millions billions many numerous multiple countless number numbers some half another additional
"""
_MONTHS = """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec
"""


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeo":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def _split(listed: str) -> list[Phrase]:
    """Cut single words, parted by spaces, and after the first bar whole phrases."""
    single, _, several = listed.partition("|")
    return [(word,) for word in single.lower().split() if "-" not in word] + [
        tuple(phrase.split()) for phrase in several.split("|") if phrase.strip()
    ]


def _class(listed: str, kind: str) -> dict[Phrase, str]:
    return dict.fromkeys(_split(listed), kind)


_SINGULAR_PEOPLE = [tuple(word.split("-")) for word in _REGULAR.split()]
_PLURAL_PEOPLE = [(*word[:-1], _plural(word[-1])) for word in _SINGULAR_PEOPLE]
_SINGULAR_TOO = """
    person man woman child baby boy girl infant elder policewoman crewmember crewman gunman fisherman militiaman
    tribesman clergyman businessman wife husband newborn youth schoolchild schoolgirl schoolboy sibling body death
    fatality fireman policeman
"""
SINGULAR = frozenset(" ".join(word) for word in _SINGULAR_PEOPLE) | frozenset(_SINGULAR_TOO.split())
"""People whom an article counts one of."""

AROUND: dict[Phrase, str] = {
    **_class(_GROUPS, "!group"),
    **_class(_COLLECTIVES, COLLECTIVE),
    **_class(_COMPLEMENTS, COMPLEMENT),
    **words_to(_COLLECTIVES, COLLECTIVE),
    **_class(_RATES, "!rate"),
    **_class(_UNITS, "!unit"),
    **_class(_AGES, "!age"),
    **_class(_DOUBTS, "!doubt"),
    **_class(_ALIVE, "!alive"),
    **_class(_CHANGES, "!change"),
    **_class(_COUNTING, COUNTING),
    **words_to(_MONTHS, MONTH),
    **_class(_QUALIFIERS, QUALIFIER),
    **dict.fromkeys([(word,) for word in NATIONAL], QUALIFIER),
    **dict.fromkeys([(word,) for word in NATIONALS], PERSON),
    **dict.fromkeys(_SINGULAR_PEOPLE, PERSON),
    **dict.fromkeys(_PLURAL_PEOPLE, PERSON),
    **_class(_IRREGULAR, PERSON),
    **to_one(_MEMBERS, PERSON),
    **to_one("on board | aboard | of the dead-s | of his men", PERSON),
    **to_one(_KILLED, f"{FATE}killed"),
    **{phrase: f"{FATE}{fate}" for fate, several in _OTHER_FATES.items() for phrase in to_one(several, "")},
    **to_one(
        "homes | houses | buildings | air strikes | airstrikes | strikes | attacks | raids | homes | apartments", THING
    ),
    **to_one(_EQUIPMENT, EQUIPMENT),
    **to_one("destroyed | damaged | carried out | were destroyed | burned | looted", FILLER),
    **_class(_FILLERS, FILLER),
    **to_one(_CLOSINGS, CLOSING),
    **to_one(_SAID, FILLER),
    **_class(_PREPOSITIONS, PREPOSITION),
    **to_one("by | by the hand of | at the hands of | from", AGENT),
    **to_one("of | of the", OF),
    **to_one("the | their | his | her | its | this | that | these | those | our | such", DETERMINER),
    **to_one("a | an", ARTICLE),
    **to_one("and | or | as well as | &", JOIN),
    **to_one(_WITH, COMPLEMENT),
    **to_one("including | among them | incl | incl . | among whom | which includes | included", INCLUDING),
    **to_one("of them | of whom | of those", PART_OF),
    **to_one(
        "mostly | mainly | all | all of them | most of them | some of them | many of them | almost all of them"
        " | primarily"
        " | the majority of them | half of them | both | largely | most of whom were | all of whom were | nearly all"
        " | many of whom were | most of whom | predominantly",
        MOSTLY,
    ),
    **to_one("more | new | additional | more than-s", MORE),
}
