"""The words of `fr/1` around a figure: people, what befell them, and what makes a figure something else."""

from domain.values.counts.lexicons.english_1 import Phrase
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

_PEOPLE = """
    personne individu humain homme femme enfant bébé nourrisson garçon fille adolescent adolescente mineur mineure
    adulte vieillard jeune civil civile militaire soldat combattant combattante rebelle insurgé insurgée milicien
    milicienne djihadiste jihadiste islamiste terroriste assaillant assaillante attaquant kamikaze policier policière
    gendarme officier officière sous-officier recrue conscrit réserviste garde gardien gardienne agent douanier
    pompier secouriste ambulancier ambulancière infirmier infirmière médecin soignant soignante humanitaire volontaire
    bénévole journaliste photographe cameraman reporter correspondant otage prisonnier prisonnière détenu détenue
    captif captive réfugié réfugiée migrant migrante exilé demandeur passager passagère pèlerin pélerin fidèle croyant
    prêtre imam moine religieux religieuse pasteur étudiant étudiante élève écolier écolière lycéen lycéenne
    enseignant enseignante professeur ouvrier ouvrière employé employée salarié salariée fonctionnaire travailleur
    travailleuse paysan paysanne agriculteur berger pêcheur marin pilote chauffeur conducteur mineur-de-fond touriste
    voyageur voyageuse habitant habitante villageois villageoise résident résidente citoyen citoyenne ressortissant
    ressortissante manifestant manifestante opposant opposante militant militante activiste député ministre maire
    responsable dirigeant chef commandant général colonel capitaine lieutenant sergent caporal membre collaborateur
    partisan victime corps cadavre dépouille martyr père mère frère sœur soeur fils parent cousin cousine oncle tante
    époux épouse mari veuve orphelin proche voisin voisine passant passante badaud supporter spectateur client cliente
    commerçant commerçante vendeur juge avocat magistrat diplomate expatrié colon déserteur mercenaire tireur
    paramilitaire guérillero casque-bleu parachutiste marcheur randonneur alpiniste skieur nageur cycliste motard
    automobiliste piéton garçonnet fillette autre âme vie suspect suspecte
"""
_PEOPLE_UNCHANGED = """
    forces-de-lordre | casques bleus | membres de une même famille | membres de la même famille | membres de sa
    famille | gens de mer | gens | policiers | âmes | vies | travailleurs humanitaires | forces de le ordre | eux
"""
_NATIONS = """
    palestinien israélien syrien libyen égyptien tunisien algérien iranien italien ukrainien norvégien autrichien
    brésilien canadien indien indonésien australien américain mexicain africain européen malien nigérien ivoirien
    guinéen camerounien tchadien éthiopien érythréen haïtien colombien vénézuélien péruvien chilien bolivien
    cambodgien arménien géorgien bosnien albanien tibétain marocain mauritanien jordanien saoudien koweïtien émirien
    bahreïnien qatarien omanien yéménite alaouite sunnite chiite druze yézidi kurde arabe turc russe chrétien musulman
    juif copte maronite hindou bouddhiste sikh soudanais libanais français anglais portugais japonais chinois
    irlandais polonais congolais sénégalais gabonais rwandais togolais béninois pakistanais bangladais thaïlandais
    birman népalais afghan allemand espagnol belge suisse suédois danois finlandais grec roumain bulgare serbe croate
    slovène tchèque slovaque hongrois letton estonien lituanien irakien yéménien somalien kényan ougandais burundais
    burkinabè burkinabé nigérian ghanéen libérien centrafricain angolais mozambicain zimbabwéen malgache comorien hutu
    tutsi peul touareg rohingya ouïghour tigréen amhara britannique étranger houthi tchétchène azerbaïdjanais
    philippin vietnamien coréen cubain
"""
_FEMININE = {
    "ien": "ienne",
    "éen": "éenne",
    "ain": "aine",
    "ais": "aise",
    "ois": "oise",
    "turc": "turque",
    "grec": "grecque",
}
_KILLED = """
    mort | morts | morte | mortes | tué | tués | tuée | tuées | décédé | décédés | décédée | décédées | décès |
    assassiné | assassinés | assassinées | exécuté | exécutés | exécutée | exécutées | abattu | abattus | abattues |
    massacré | massacrés | massacrées | péri | noyé | noyés | noyées | pendu | pendus | décapité | décapités | lynché
    | lynchés | ont perdu la vie | perdu la vie | ont trouvé la mort | trouvé la mort | retrouvé mort | retrouvés
    morts | présumés morts | présumé mort | brûlés vifs | tuées par balles | tués par balles | sans vie | meurent
    | périssent | sont morts
"""
_OTHER_FATES = {
    "injured": "blessé | blessés | blessée | blessées | grièvement blessés | légèrement blessés",
    "missing": "disparu | disparus | disparue | disparues | portés disparus | portées disparues | manquants"
    " | porté disparu",
    "abducted": "enlevé | enlevés | enlevée | enlevées | kidnappé | kidnappés | kidnappées | pris en otage",
    "detained": "arrêté | arrêtés | arrêtée | arrêtées | interpellé | interpellés | interpellées | incarcérés |"
    " emprisonnés"
    " | arrestation | arrestations | interpellations | détenus-s",
    "displaced": "déplacé | déplacés | déplacée | déplacées | évacué | évacués | évacuées | sans abri | fui | ont fui",
    "": "endeuillés | affectés | touchés | torturés | violées | violés | ensevelis | piégés | pris au piège | bloqués",
}
_QUALIFIERS = """
    armé armés armée-s innocent innocents innocente innocentes jeunes âgés âgées petit petits kurdes étrangers
    étrangère étrangères local locaux locales gouvernemental gouvernementaux gouvernementales fédéral fédéraux
    national nationaux international internationaux humanitaires présumé présumés présumée présumées identifié
    identifiés identifiées non irrégulier irréguliers clandestins islamistes djihadistes pro anti loyalistes rebelles
    spécial spéciaux haut gradés gradé supérieur supérieurs médical médicaux onusien onusiens tutsis hutus mineurs
    majeurs enceinte enceintes suspectés politiques religieux civiles civils militaires onu otan hamas
    hezbollah fds ei daech non identifiés | non identifiées | bas âge
"""
_FILLERS = """
    ont a été sont est étaient était avaient avait eu être déjà aussi également confirmé confirmés confirmées recensé
    recensés recensées retrouvé retrouvés retrouvées découvert découverts découvertes
    graves grave dénombré dénombrés signalés qui officiellement selon-s hier lundi
    mardi mercredi jeudi vendredi samedi dimanche encore-s sommairement vif grièvement légèrement gravement très
    aujourd'hui ce matin soir nuit | au total | en tout | à ce jour | pour le instant | à ce stade | au moment | cette
    semaine | de une même famille | de la même famille | dans la nuit | sur place | sur le coup | en une même famille
    | jusque à présent | selon les autorités | selon le ministère de la santé | selon un nouveau bilan | selon un
    bilan provisoire | selon un bilan | selon la police | selon le onu | selon le osdh | selon des sources | selon une
    ong | de leur famille
    | depuis lundi | depuis mardi | depuis mercredi | depuis jeudi |
    depuis vendredi | depuis samedi | depuis dimanche | dans une fosse commune | dans des fosses communes
"""
_CLOSINGS = """
    au total | en tout | à ce jour | à bord | à ce stade | confirmé | jusque à présent | pour le instant
"""
_PREPOSITIONS = """
    à au aux en dans sur sous près-de lors lors-de après durant pendant depuis vers devant derrière autour chez contre
    hors | près de | près du | lors de | lors du | lors des | au cours de | au cours du | à la suite de | à la suite
    du | selon
    | de après | à cause de | à cause du | en raison de | au nord de | au sud de | à le est de | à le ouest de | dans
    le cadre
    de | le long de | au large de | au large des | à proximité de | en face de | suite à
"""
_COMPLEMENTS = """
    attaque attaques attentat attentats bombardement bombardements frappe frappes raid raids embuscade explosion
    explosions combat combats affrontement affrontements guerre conflit bilan provisoire violence violences massacre
    massacres fusillade fusillades tir tirs balle balles assaut offensive opération opérations incident incidents
    séisme tremblement terre inondation inondations glissement tempête incendie accident naufrage effondrement
    bousculade émeutes manifestation manifestations détention prison prisons hôpital hôpitaux école écoles mosquée
    mosquées église églises marché marchés camp camps village villages ville villes district districts province
    provinces gouvernorat région régions zone zones quartier quartiers banlieue rue rues route routes frontière côte
    littoral mer rivière fleuve montagne île capitale pays nord sud est ouest centre nord-est véhicule véhicules
    voiture voitures bus camion bateau navire avion hélicoptère convoi barrage base bases caserne bâtiment immeuble
    maison maisons restaurant hôtel abri tentes rang rangs côté décombres sol force forces division brigade bataillon
    régiment unité armée police milice milices régime gouvernement sécurité ordre hommes drone drones missile missiles
    roquette roquettes obus mine mines bombe bombes arme armes couteau gang groupe groupes mouvement parti
    organisation ministère agence aérienne aériennes aérien aériens israélienne israéliennes russe russes occidentale
    orientale septentrional matin week-end lundi-s défense intérieur al el bande cisjordanie suicide piégée piégé
    soldats rebelles séparatistes même leurs nationale nationales côtière syrienne syriennes américaine américaines
    inconnus hommes-armés
"""
_GROUPS = """
    familles foyers ménages camions bus-s sacs tombes groupes équipes villages villes tribus charniers couples
"""
_COLLECTIVES = """
    famille foyer ménage groupe équipe bande unité bataillon brigade compagnie convoi village tribu charnier
"""
_RATES = """
    chacun chacune chaque quotidien quotidienne quotidiens moyenne pct % ‰ taux | par jour | par an | par semaine |
    par mois | par heure | en moyenne | pour cent | par personne | le jour | par tête | tous les jours | pour mille
"""
_UNITS = """
    fois km kilomètre kilomètres m mètre mètres cm kg tonne tonnes litre litres hectare hectares seconde secondes
    minute minutes heure heures h jour jours semaine semaines mois an ans année années décennies siècle siècles euro
    euros dollar dollars francs livres $ € £ ¥ degrés point points moitié tiers quart quarts demi demie ème er ère ier
    ° cas er
"""
_DOUBTS = """
    que ne pas jamais peut-être probablement possiblement éventuellement potentiellement vraisemblablement sans sauf
    hormis excepté hors-s sinon voire contesté présumément prétendument non-confirmé environ plus moins presque quasi
    ? ! * † ‡ ± → ← = < > ~ ≈ # @ + pourraient pourrait serait seraient auraient aurait ni sur-s | non confirmé | non
    confirmés | peut être | non vérifié
"""
_ALIVE = """
    survivant survivants survivante survivantes rescapé rescapés rescapées secouru secourus libéré libérés sauvés
    indemnes
"""
_CHANGES = "contre augmentation hausse baisse mais"
_THINGS = """
    maisons habitations logements frappes attaques bombardements raids | frappes aériennes | raids aériens
"""
_COUNTING = """
    zéro un une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente
    quarante cinquante soixante cent cents mille million millions milliard milliards dizaine dizaines douzaine
    centaine centaines millier milliers plusieurs quelques nombreux nombreuses nombre vingtaine trentaine quarantaine
    cinquantaine
"""
_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"


def _class(listed: str, kind: str) -> dict[Phrase, str]:
    single, _, several = listed.partition("|")
    words = {(word,): kind for word in single.lower().split() if "-" not in word}
    return words | to_one(several, kind)


def _plural(word: str) -> str:
    if word.endswith(("s", "x")):
        return word
    return f"{word[:-2]}aux" if word.endswith("al") else f"{word}s"


def _nations() -> set[str]:
    found: set[str] = set()
    for word in _NATIONS.split():
        ending = next((ending for ending in _FEMININE if word.endswith(ending)), "")
        feminine = word.removesuffix(ending) + _FEMININE[ending] if ending else f"{word.rstrip('e')}e"
        found |= {word, _plural(word), feminine, _plural(feminine)}
    return found


SINGULAR = frozenset(_PEOPLE.split())
"""People whom an article counts one of."""

AROUND: dict[Phrase, str] = {
    **_class(_COMPLEMENTS, COMPLEMENT),
    **_class(_GROUPS, "!group"),
    **words_to("villages villes camps", COMPLEMENT),
    **words_to(_COLLECTIVES, COLLECTIVE),
    **_class(_UNITS, "!unit"),
    **_class(_RATES, "!rate"),
    **_class(_DOUBTS, "!doubt"),
    **_class(_ALIVE, "!alive"),
    **_class(_CHANGES, "!change"),
    **_class(_COUNTING, COUNTING),
    **words_to(_MONTHS, MONTH),
    **_class(_QUALIFIERS, QUALIFIER),
    **dict.fromkeys([(word,) for word in _nations()], PERSON),
    **{(word,): PERSON for each in _PEOPLE.split() for word in (each, _plural(each)) if "-" not in each},
    **to_one(_PEOPLE_UNCHANGED.partition("|")[2], PERSON),
    **_class(_THINGS, THING),
    **to_one(_KILLED, f"{FATE}killed"),
    **{phrase: f"{FATE}{fate}" for fate, several in _OTHER_FATES.items() for phrase in to_one(several, "")},
    **to_one(
        "véhicules | véhicules blindés | chars | blindés | drones | missiles | roquettes | hélicoptères", EQUIPMENT
    ),
    **to_one("à bord", PERSON),
    **to_one("détruites | détruits | endommagées | détruite | ont été détruites", FILLER),
    **_class(_FILLERS, FILLER),
    **to_one(_CLOSINGS, CLOSING),
    **_class(_PREPOSITIONS, PREPOSITION),
    **to_one("par | par des", AGENT),
    **to_one("de | des | du | de la | de le", OF),
    **to_one("le | la | les | leur | leurs | sa | son | ses | ce | ces | cette", DETERMINER),
    **to_one("un | une", ARTICLE),
    **to_one("et | ou | ainsi que | &", JOIN),
    **to_one("dont | parmi lesquels | parmi lesquelles | y compris | parmi eux | incluant | parmi elles", INCLUDING),
    **to_one("de entre eux | de entre elles", PART_OF),
    **to_one(
        "pour la plupart | la plupart | principalement | majoritairement | en majorité | essentiellement"
        " | une majorité de"
        " | une grande majorité de",
        MOSTLY,
    ),
    **to_one("tous | toutes | surtout | en grande majorité | pour moitié | la plupart des | en majorité des", MOSTLY),
    **to_one("supplémentaires | supplémentaire | de plus | nouveaux | nouvelles | nouveau", MORE),
}
