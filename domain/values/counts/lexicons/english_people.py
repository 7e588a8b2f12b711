"""The words of `en/2` around a figure: people, what befell them, and what makes a figure something else."""

from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.lexicon import Phrase, classified

# Nations, peoples and religious communities, as the press counts their members.
_NATIONS = """
    afghan albanian algerian american angolan arab argentine argentinian armenian australian austrian azerbaijani
    azeri bahraini bangladeshi belarusian belgian belizean bolivian bosnian brazilian briton bulgarian burundian
    cambodian cameroonian canadian chadian chilean colombian comorian croat croatian cuban cypriot czech dane
    djiboutian dominican ecuadorian ecuadorean egyptian emirati eritrean estonian ethiopian european fijian filipino
    finn gambian georgian german ghanaian greek guatemalan guinean haitian honduran hungarian indian indonesian
    iranian iraqi israeli italian ivorian jamaican jordanian kazakh kenyan korean kosovar kuwaiti kyrgyz laotian
    latvian liberian libyan lithuanian macedonian malawian malaysian malian mauritanian mexican moldovan mongolian
    montenegrin moroccan mozambican namibian nepali nicaraguan nigerian norwegian omani pakistani palestinian
    panamanian papuan paraguayan peruvian pole qatari romanian russian rwandan salvadoran saudi scot serb serbian
    singaporean slovak slovenian somali spaniard swede syrian tajik tanzanian thai tibetan tunisian turk turkmen
    ugandan ukrainian uruguayan uzbek venezuelan yemeni zambian zimbabwean african asian black westerner
"""
_PEOPLES = """
    alawite assyrian baloch bedouin chechen christian circassian copt fulani hausa hazara hindu houthi hutu igbo
    ismaili jew kachin karen kurd mapuche maronite muslim oromo pashtun sadrist shiite sikh sunni tamil tatar tigrayan
    turkoman tutsi uighur uyghur yazidi yezidi zaghawa islamist buddhist catholic protestant salafi
"""
_UNCHANGED = """
    amhara beninese burmese chinese congolese druze fur gabonese irish japanese lebanese maltese masalit nepalese
    portuguese rohingya roma senegalese shia sinhalese sudanese swiss taiwanese togolese vietnamese turkmen burkinabe
    nigerien hezbollah taliban
"""
_ADJECTIVES = """
    british english french dutch welsh scottish spanish swedish danish finnish polish turkish kurdish jewish croatian
    coptic maronite congolese south north east west new sri lankan zealander emirati ivory burkinabè papuan arabic
    filipino palestinian-american iraqi-kurdish central
"""

_NATIONAL = {*_NATIONS.split(), *_PEOPLES.split(), *_ADJECTIVES.split()}
"""Adjectives: a noun must follow."""

_NATIONALS = {f"{word}s" for word in (*_NATIONS.split(), *_PEOPLES.split())} | {
    "lankans", "zealanders", "hausa", "fulani", "hutu", "tutsi", "igbo", "houthi", "roma", "frenchmen", "englishmen",
    "dutchmen", "irishmen", "filipina", "filipinas", "jihadis", "frenchman", "frenchwoman", "englishman", "britons",
    *_UNCHANGED.split(),
}  # fmt: skip
"""Members of nations and communities, in the plural or in a form that does not change."""

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


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeo":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


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
    **dict.fromkeys([(word,) for word in _NATIONAL], word_class.QUALIFIER),
    **dict.fromkeys([(word,) for word in _NATIONALS], word_class.PERSON),
    **dict.fromkeys(_SINGULAR_PEOPLE, word_class.PERSON),
    **dict.fromkeys(_PLURAL_PEOPLE, word_class.PERSON),
    **classified(
        {
            word_class.GROUP: """
    families households truckloads busloads carloads boatloads truckload busload carload boatload bags sacks graves
    groups teams crews units regiments companies platoons squads convoys couples pairs communities tribes clans
    countries states nations waves batches parts limbs heads remains piles heaps rows rooms clusters cells factions
    organizations organisations parties classes ambulances | body bags | body parts | mass graves | mass grave | body
    bag""",
            word_class.COLLECTIVE: """
    family household group team crowd gang unit battalion brigade company platoon squad convoy town""",
            word_class.COMPLEMENT: """
    el ar az ash bin abu ibn de la du di del attack bombing bombings bombardment shelling strike airstrike raid ambush
    ambushes blast blasts explosion explosions clash clashes fighting battle battles war conflict violence massacre
    massacres shooting shootings gunfire crossfire assault assaults offensive operation operations incident incidents
    earthquake quake flood floods landslide storm crash crashes accident collapse stampede riots protest protests
    uprising unrest custody detention prisons hospitals schools mosques churches market markets camp camps villages
    towns city cities district districts province provinces governorate governorates region regions area areas
    neighborhood neighbourhood neighborhoods neighbourhoods suburb suburbs countryside street streets road roads highway
    coast sea river mountain mountains valley island capital country northeast northwest southeast southwest
    northeastern northwestern southeastern southwestern rural occupied vehicle car cars buses boat boats ship plane
    helicopter checkpoint checkpoints base bases barracks compound headquarters station stations building house home
    apartment restaurant hotel shelter shelters tent tents queue line strip bank mines action ranks side sides front
    rubble debris grave floor forces division divisions brigades battalions regiment bomb bombs rocket missile drone
    mortar mortars artillery tank landmine landmines ied shrapnel suicide knife gangs mob movement organization
    organisation ministry agency hands same coastal recent latest deadly ongoing first third weekend morning evening
    afternoon night ceasefire truce monday tuesday wednesday flooding ferry double worst deadliest string series spate
    festival wedding weddings funeral funerals ceremony rally parade concert nightclub stadium airport port cafe office
    pipeline refinery plant pub club beach forest desert lake bridge tunnel train metro subway court cemetery settlement
    kibbutz enclave playground kindergarten clinic marketplace square kitchen warehouse crossing outpost cyclone
    hurricane typhoon tornado landslides mudslide wildfire wildfires heatwave famine derailment sinking shipwreck
    capsizing grenade arson stabbing rampage siege shell cluster munition bomber bombers execution beheading aerial
    barrage salvo coup crackdown feud infighting skirmish firefight shootout thursday friday saturday sunday past
    independence cold blood regular | second attack | second strike | second explosion | second blast | second day |
    clashes between | fighting between | battles between | clash with | clashes with | fighting with | battle with |
    battles with | war with | firefight with | shootout with | gunfight with | skirmishes with""",
            word_class.RATE: """
    daily weekly monthly yearly annually hourly nightly each every apiece per average averaging pc pct percent
    percentage % ‰ rate | a day | a week | a month | a year | an hour | a minute | a night | a piece | per cent | on
    average | each day | per day | a head | the day | in a day | in every""",
            word_class.UNIT: """
    cents times fold km kms kilometre kilometres kilometer kilometers mile miles m metre metres meter meters cm mm kg
    kgs tonne tonnes ton tons litre litres liter liters hectare hectares acre acres second seconds minute minutes hour
    hours day days week weeks month months year years decade decades century centuries am pm gmt utc bc ad dollar
    dollars euro euros pound pounds usd eur gbp rupees rupee lira $ € £ ¥ ₹ st nd rd th e degrees degree points point
    halves thirds quarters fourth fourths fifth fifths sixth seventh eighth ninth tenth tenths hundredth thousandth
    twentieth quarter b bn mn mln t k x rounds shells barrels °""",
            word_class.AGE: """
    aged age yo yr yrs y/o | years old | year old | year olds | years of age | months old | month old""",
            word_class.DOUBT: """
    fears fear hopes hope rumours rumors rumour rumor rumored warning warnings fake hoax unless if whether should would
    will can shall did does do until till how why what than less fewer least max maximum minimum min approx
    approximately roughly nearly almost estimated estimate counting plus minus odd thereabouts upwards perhaps possibly
    probably maybe might likely unlikely not never no unconfirmed disputed believed allegedly rumoured claimed
    potentially could unverified feared presumed thought neither nor without except excluding denied false falsely
    citation ? ! * † ‡ ± → ← = < > ~ ≈ # @ + most over above below up about only""",
            word_class.ALIVE: """
    survivors survivor survived survive rescued released freed saved alive escaped unharmed unhurt returned spared""",
            word_class.CHANGE: "increase rise jump versus vs compared revised instead but",
            word_class.COUNTING: """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion
    lakh lakhs lac crore crores dozen score couple pair several few handful tens dozens scores hundreds thousands
    millions billions many numerous multiple countless number numbers some half another""",
            word_class.MONTH: """
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec""",
            word_class.QUALIFIER: """
    us uk usa eu uae drc assad sdf pkk backed linked affiliated trained islamic newly wed disabled blind deaf starving
    hungry stranded stateless qaeda led unarmed armed young old older male female foreign internal teenage underage
    pregnant military army navy naval security government state federal opposition resistance pro regime hospital
    medical health aid relief rescue humanitarian civil defence defense media press school university college village
    tribal ethnic religious senior junior high ranking top suspected alleged known internally elite special enemy allied
    coalition un nato hamas hizbullah isis isil al daesh fatah wagner boko haram shabaab m23 rsf saf fsa hts ypg idf
    irgc unrwa unifil unhcr undocumented western eastern northern southern latin border prison traffic riot intelligence
    counterterrorism air ground construction factory farm garment railway bus taxi truck lorry ambulance fire ngo red
    cross crescent peacekeeping uniformed plainclothes duty retired former fellow whole entire separate different
    unidentified unnamed named indigenous peaceful mine coal gold oil dock plantation municipal public private embassy
    party church mosque temple synagogue football""",
            word_class.PERSON: """
    herdsmen herdsman fisherfolk townsmen quarrymen infantrymen artillerymen cavalrymen midwives hitmen councilmen
    congressmen tribespeople businesspeople frontliners responders people folk men man women woman children child babies
    baby boys boy elderly elders elder troops police policemen policewomen policewoman personnel staff crew crewmen
    crewman crewmembers crewmember gunmen servicemen servicewomen fishermen fisherman firemen fireman cameramen militia
    militiamen militiaman tribesmen tribesman clansmen clergymen clergy clergyman businessmen businessman guardsmen
    airmen seamen wives wife husbands husband mujahideen mujahedeen fedayeen peshmerga janjaweed kin siblings sibling
    newborns newborn others other idps pows pow vips aidworkers grandchildren schoolchildren schoolchild schoolgirls
    schoolgirl schoolboys schoolboy stepchildren townspeople townsfolk tradesmen salesmen spokesmen foremen militias
    lives life souls fatality congregants coworkers riflemen | family members | gang members | crew members | team
    members | group members | tribe members | clan members | community members | unit members | family member | gang
    member | crew member | cabin crew | first responders | foreign nationals | third country nationals | human beings |
    men of the cloth | suicide bombers | suicide bomber | police officers | people with disabilities | members of
    parliament | members of one family | service members | service member | health care workers | of the dead-s | of his
    men""",
            word_class.KILLED: """
    killed dead died slain murdered executed assassinated massacred deaths death fatalities lynched perished beheaded
    martyred drowned die drown perish deceased killings murders executions fallen hanged | shot dead | shot and killed |
    beaten to death | stabbed to death | burned to death | burnt to death | tortured to death | crushed to death | found
    dead | discovered dead | feared dead | believed dead | presumed dead | thought dead | reported dead | confirmed dead
    | feared killed | believed killed | presumed killed | reported killed | confirmed killed | left dead | dead bodies |
    hacked to death | lost their lives | lives lost | lost his life | lost her life | lost life | starved to death |
    froze to death | believed to be dead | believed to have died | believed to have been killed | feared to have died |
    thought to have died | gunned down | killed in action | dead on arrival | pronounced dead | declared dead | were to
    die""",
            word_class.INJURED: "injured wounded injuries hurt injury maimed hospitalized hospitalised",
            word_class.MISSING: "missing | remain missing | remained missing | unaccounted for | gone missing",
            word_class.DISAPPEARED: "disappeared disappearances | forcibly disappeared",
            word_class.ABDUCTED: "abducted kidnapped abductions kidnappings abductees | taken hostage",
            word_class.DETAINED: "detained arrested imprisoned jailed arrests detentions | in custody | rounded up",
            word_class.DISPLACED: "displaced homeless evacuated uprooted fled | forced from their homes",
            word_class.OTHER_FATE: """
    orphaned widowed affected trapped tortured raped buried beaten shot bombed | executed extrajudicially""",
            word_class.THING: "homes houses buildings airstrikes strikes attacks raids apartments | air strikes",
            word_class.EQUIPMENT: """
    vehicles tanks drones missiles rockets aircraft helicopters warships jets gunships | armoured vehicles | armored
    vehicles | armoured personnel carriers | armored personnel carriers | fighter jets | artillery pieces | pickup
    trucks | military vehicles""",
            word_class.FILLER: """
    destroyed damaged burned looted were was are is have has had been be being still now reportedly officially so far
    already also found recovered discovered reported recorded documented counted verified registered identified there
    who which today yesterday tonight overnight later then directly deliberately extrajudicially instantly immediately
    tragically alone accidentally seriously critically severely badly lightly slightly gravely brutally summarily
    nationwide countrywide | carried out | were destroyed | as well | in cold blood | at once | by name | on the spot |
    at the scene | on monday | on tuesday | on wednesday | on thursday | on friday | on saturday | on sunday | last
    night | last week | last month | last year | this week | this month | this year | this morning | of the same family
    | on both sides | in a mass grave | in mass grave | in mass graves | from a mass grave | from mass graves | of one
    family | of a single family | of the one family | from the same family | from one family | from a single family | of
    his family | of her family | of their family | of a family | in one family | alive or | police say | police said |
    officials say | officials said | authorities say | authorities said | sources say | says un | un says | report says
    | reports say | medics say | medics said | witnesses say | witnesses said | rescuers say | ministry says | state
    media say | state media says | residents say | activists say | monitor says | army says | military says""",
            word_class.CLOSING: """
    overall altogether total confirmed | so far | in all | in total | to date | on board | as of now | all told | people
    in all""",
            word_class.PREPOSITION: """
    off in at near on inside outside across throughout during after since following amid amidst along around within via
    into aboard toward towards opposite beside for as under behind | according to | as a result of | because of | due to
    | out of | as part of | in front of | north of | south of | east of | west of | in and around | while in""",
            word_class.AGENT: "by from | by the hand of | at the hands of",
            word_class.OF: "of | of the",
            word_class.DETERMINER: "the their his her its this that these those our such",
            word_class.ARTICLE: "a an",
            word_class.JOIN: "and or & | as well as",
            word_class.INCLUDING: "including incl included | among them | incl . | among whom | which includes",
            word_class.PART_OF: "| of them | of whom | of those",
            word_class.MOSTLY: """
    mostly mainly all primarily both largely predominantly | all of them | most of them | some of them | many of them |
    almost all of them | the majority of them | half of them | most of whom were | all of whom were | nearly all | many
    of whom were | most of whom""",
            word_class.MORE: "more new additional | more than-s",
        }
    ),
}
