"""The words of `fr/1` around a figure: people, what befell them, and what makes a figure something else."""

from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.lexicon import Phrase, classified

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
    **dict.fromkeys([(word,) for word in _nations()], word_class.PERSON),
    **{(word,): word_class.PERSON for each in _PEOPLE.split() for word in (each, _plural(each)) if "-" not in each},
    **classified(
        {
            word_class.COMPLEMENT: """
    attaque attentat attentats bombardement frappe raid embuscade explosion explosions combat combats affrontement
    affrontements guerre conflit bilan provisoire violence violences massacre massacres fusillade fusillades tir tirs
    balle balles assaut offensive opération opérations incident incidents séisme tremblement terre inondation
    inondations glissement tempête incendie accident naufrage effondrement bousculade émeutes manifestation
    manifestations détention prison prisons hôpital hôpitaux école écoles mosquée mosquées église églises marché marchés
    camp camps villages ville villes district districts province provinces gouvernorat région régions zone zones
    quartier quartiers banlieue rue rues route routes frontière côte littoral mer rivière fleuve montagne île capitale
    pays nord sud ouest centre véhicule voiture voitures bus camion bateau navire avion hélicoptère barrage base bases
    caserne bâtiment immeuble maison restaurant hôtel abri tentes rang rangs côté décombres sol force forces division
    régiment armée police milice milices régime gouvernement sécurité ordre drone missile roquette obus mine mines bombe
    bombes arme armes couteau gang mouvement parti organisation ministère agence aérienne aériennes aérien aériens
    occidentale orientale septentrional défense intérieur al el cisjordanie suicide piégée piégé séparatistes même
    nationale nationales côtière inconnus""",
            word_class.GROUP: "familles foyers ménages camions sacs tombes groupes équipes tribus charniers couples",
            word_class.COLLECTIVE: """
    famille foyer ménage groupe équipe bande unité bataillon brigade compagnie convoi village tribu charnier""",
            word_class.UNIT: """
    fois km kilomètre kilomètres m mètre mètres cm kg tonne tonnes litre litres hectare hectares seconde secondes
    minute minutes heure heures h jour jours semaine semaines mois an ans année années décennies siècle siècles euro
    euros dollar dollars francs livres $ € £ ¥ degrés point points moitié tiers quart quarts demi demie ème er ère
    ier ° cas""",
            word_class.RATE: """
    chacun chacune chaque quotidien quotidienne quotidiens moyenne pct % ‰ taux | par jour | par an | par semaine | par
    mois | par heure | en moyenne | pour cent | par personne | le jour | par tête | tous les jours | pour mille""",
            word_class.DOUBT: """
    que ne pas jamais probablement possiblement éventuellement potentiellement vraisemblablement sans sauf hormis
    excepté sinon voire contesté présumément prétendument environ plus moins presque quasi ? ! * † ‡ ± → ← = < > ~ ≈
    # @ + pourraient pourrait serait seraient auraient aurait ni | non confirmé | non confirmés | peut être | non
    vérifié""",
            word_class.ALIVE: """
    survivant survivants survivante survivantes rescapé rescapés rescapées secouru secourus libéré libérés sauvés
    indemnes""",
            word_class.CHANGE: "augmentation hausse baisse mais",
            word_class.COUNTING: """
    zéro deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt trente quarante
    cinquante soixante cent cents mille million millions milliard milliards dizaine dizaines douzaine centaine centaines
    millier milliers plusieurs quelques nombreux nombreuses nombre vingtaine trentaine quarantaine cinquantaine""",
            word_class.MONTH: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            word_class.QUALIFIER: """
    armé armés innocent innocents innocente innocentes âgés âgées petit petits étrangère étrangères local locaux locales
    gouvernemental gouvernementaux gouvernementales fédéral fédéraux national nationaux international internationaux
    présumé présumés présumée présumées identifié identifiés identifiées non irrégulier irréguliers clandestins pro anti
    loyalistes spécial spéciaux haut gradés gradé supérieur supérieurs médical médicaux onusien onusiens majeurs
    enceinte enceintes suspectés politiques onu otan hamas hezbollah fds ei daech | non identifiées | bas âge""",
            word_class.PERSON: """
    gens eux | casques bleus | membres de une même famille | membres de la même famille | membres de sa famille | gens
    de mer | travailleurs humanitaires | forces de le ordre""",
            word_class.THING: """
    maisons habitations logements frappes attaques bombardements raids | frappes aériennes | raids aériens""",
            word_class.KILLED: """
    mort morts morte mortes tué tués tuée tuées décédé décédés décédée décédées décès assassiné assassinés assassinées
    exécuté exécutés exécutée exécutées abattu abattus abattues massacré massacrés massacrées péri noyé noyés noyées
    pendu pendus décapité décapités lynché lynchés meurent périssent | ont perdu la vie | perdu la vie | ont trouvé la
    mort | trouvé la mort | retrouvé mort | retrouvés morts | présumés morts | présumé mort | brûlés vifs | tuées par
    balles | tués par balles | sans vie | sont morts""",
            word_class.INJURED: "blessé blessés blessée blessées | grièvement blessés | légèrement blessés",
            word_class.MISSING: """
    disparu disparus disparue disparues manquants | portés disparus | portées disparues | porté disparu""",
            word_class.ABDUCTED: "enlevé enlevés enlevée enlevées kidnappé kidnappés kidnappées | pris en otage",
            word_class.DETAINED: """
    arrêté arrêtés arrêtée arrêtées interpellé interpellés interpellées incarcérés emprisonnés arrestation arrestations
    interpellations détenus-s""",
            word_class.DISPLACED: """
    déplacé déplacés déplacée déplacées évacué évacués évacuées fui | sans abri | ont fui""",
            word_class.OTHER_FATE: """
    endeuillés affectés touchés torturés violées violés ensevelis piégés bloqués | pris au piège""",
            word_class.EQUIPMENT: "véhicules chars blindés drones missiles roquettes hélicoptères | véhicules blindés",
            word_class.FILLER: """
    détruites détruits endommagées détruite ont a été sont est étaient était avaient avait eu être déjà aussi également
    confirmés confirmées recensé recensés recensées retrouvé retrouvés retrouvées découvert découverts découvertes
    graves grave dénombré dénombrés signalés qui officiellement hier lundi mardi mercredi jeudi vendredi samedi dimanche
    sommairement vif grièvement légèrement gravement très aujourd'hui matin soir nuit | ont été détruites | au moment |
    cette semaine | de une même famille | de la même famille | dans la nuit | sur place | sur le coup | en une même
    famille | selon les autorités | selon le ministère de la santé | selon un nouveau bilan | selon un bilan provisoire
    | selon un bilan | selon la police | selon le onu | selon le osdh | selon des sources | selon une ong | de leur
    famille | depuis lundi | depuis mardi | depuis mercredi | depuis jeudi | depuis vendredi | depuis samedi | depuis
    dimanche | dans une fosse commune | dans des fosses communes""",
            word_class.CLOSING: """
    confirmé | au total | en tout | à ce jour | à bord | à ce stade | jusque à présent | pour le instant""",
            word_class.PREPOSITION: """
    à au aux en dans sur sous lors après durant pendant depuis vers devant derrière autour chez contre hors selon | près
    de | près du | lors de | lors du | lors des | au cours de | au cours du | à la suite de | à la suite du | de après |
    à cause de | à cause du | en raison de | au nord de | au sud de | à le est de | à le ouest de | dans le cadre de |
    le long de | au large de | au large des | à proximité de | en face de | suite à""",
            word_class.AGENT: "par | par des",
            word_class.OF: "de des du | de la | de le",
            word_class.DETERMINER: "le la les leur leurs sa son ses ce ces cette",
            word_class.ARTICLE: "un une",
            word_class.JOIN: "et ou & | ainsi que",
            word_class.INCLUDING: """
    dont incluant | parmi lesquels | parmi lesquelles | y compris | parmi eux | parmi elles""",
            word_class.PART_OF: "| de entre eux | de entre elles",
            word_class.MOSTLY: """
    principalement majoritairement essentiellement tous toutes surtout | pour la plupart | la plupart | en majorité |
    une majorité de | une grande majorité de | en grande majorité | pour moitié | la plupart des | en majorité des""",
            word_class.MORE: "supplémentaires supplémentaire nouveaux nouvelles nouveau | de plus",
        }
    ),
}
