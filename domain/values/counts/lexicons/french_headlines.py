"""The words of `fr/1` that open a headline: what an attack did, and where."""

from domain.values.counts.lexicons.english_1 import Phrase
from domain.values.counts.lexicons.lexicon import FATE, LEFT, firsts, to_one

FELLING: dict[Phrase, str] = {
    **to_one("tue | tuent | a tué | ont tué | coûte la vie à | a coûté la vie à | ont coûté la vie à", f"{FATE}killed"),
    **to_one("blesse | blessent | a blessé | ont blessé", f"{FATE}injured"),
    **to_one("enlève | enlèvent | a enlevé | ont enlevé", f"{FATE}abducted"),
    **to_one("arrête | arrêtent | a arrêté | ont arrêté", f"{FATE}detained"),
    **to_one("fait | font | a fait | ont fait", LEFT),
}
"""What an attack, or those who attack, did; “fait” does not say what, as the words behind it must."""
OPENS = firsts([FELLING]) | {":"}

_PLACES = """
    afghanistan alep algérie arménie azerbaïdjan bagdad bamako bangladesh beyrouth birmanie biélorussie bruxelles
    brésil burundi bénin cameroun centrafrique chine cisjordanie colombie congo crimée cuba damas darfour djibouti
    donbass france gaza goma grèce guinée géorgie haïti homs idleb inde indonésie irak iran israël istanbul italie
    jordanie jénine jérusalem kaboul karachi kenya kharkiv khartoum kherson kiev kosovo koweït kyiv lattaquié liban
    libye mali manille maroc mauritanie mayotte mexique mogadiscio moldavie moscou mossoul mozambique naplouse niger
    nigeria nigéria népal odessa oman ouagadougou ouganda pakistan palestine philippines pérou qatar rafah rdc
    russie rwanda sahel serbie somalie soudan syrie sénégal tchad thaïlande tigré tunisie turquie téhéran ukraine
    venezuela vietnam yémen zimbabwe égypte équateur érythrée éthiopie
"""
PLACES: dict[Phrase, str] = {
    **to_one("boko haram | hamas | hezbollah | onu | osdh | afp | talibans | fsr", "noun"),
    **to_one("burkina faso | sri lanka | arabie saoudite | soudan du sud | nord kivu | sud liban", "noun"),
    **to_one("côte de ivoire | bande de gaza | el facher | port au prince | proche orient | tel aviv", "noun"),
    **{(word,): "noun" for word in _PLACES.split()},
}
