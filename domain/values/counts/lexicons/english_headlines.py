"""The words of `en/2` around a headline: what an attack did, where, and who says so."""

from domain.values.counts.lexicons import word_class
from domain.values.counts.lexicons.lexicon import Phrase, all_words, classified, phrases

ATTACK_VERBS: dict[Phrase, str] = classified(
    {
        word_class.KILLED: """
    kills kill killed executes executed hangs hang hanged | has killed | have killed | claims the lives of | claimed the
    lives of | has claimed the lives of | have claimed the lives of""",
        word_class.INJURED: "injures injured wounds wounded hurts",
        word_class.DISPLACED: "displaces displace displaced",
        word_class.DETAINED: "arrests arrest arrested detains detain detained",
        word_class.ABDUCTED: "abducts abduct abducted kidnaps kidnap kidnapped",
        word_class.LEFT: "leaves leave left | has left | have left",
        word_class.LIVES: "claims claimed | has claimed | have claimed",
    }
)
"""What an attack, or those who attack, did."""

PLACES = classified(
    {
        word_class.COMPLEMENT: """
    abuja aden afghanistan afrin albania aleppo algeria amman anbar ankara armenia azerbaijan baghdad bahrain bakhmut
    balochistan bamako bangladesh bangui basra beirut belarus belgorod benghazi benin borno brazil bucha bukavu bulgaria
    burundi cairo cambodia cameroon caracas chad china colombia congo crimea croatia cuba cyprus damascus daraa darfur
    dhaka diyala dnipro donbas donbass donetsk ecuador egypt eritrea ethiopia fallujah france gaza gedaref geneina
    germany ghouta goma greece guatemala haiti hama hebron hodeidah homs honduras hungary idlib india indonesia iran
    iraq israel istanbul italy ituri jabalia jableh jenin jerusalem jordan juba kabul kachin kaduna kandahar karachi
    kasai kashmir kazakhstan kenya kharkiv khartoum kherson kidal kinshasa kirkuk kivu kosovo kunduz kuwait kyiv
    kyrgyzstan lahore latakia lebanon liberia libya luhansk maiduguri malawi malaysia mali manbij manila marib mariupol
    mauritania mediterranean mexico mogadishu moldova morocco moscow mosul mozambique myanmar nablus nairobi nangarhar
    nepal nicaragua niger nigeria odesa odessa oman omdurman ouagadougou pakistan palestine palmyra peru peshawar
    philippines plateau poland qamishli qatar quetta quneitra rafah rakhine raqqa romania russia rwanda saada sahel
    sanaa senegal serbia shan shatila sinai sirte somalia spain sudan sumy suwayda sweida syria taiwan taiz tajikistan
    tanzania tartous tartus tehran thailand tigray timbuktu tripoli tulkarm tunisia uganda ukraine uzbekistan venezuela
    vietnam waziristan yemen zamfara zaporizhzhia zimbabwe isis taliban hamas hezbollah rsf m23 houthis breaking update
    urgent un sohr sana snhr ocha reuters ap afp bbc unicef burkina drc | boko haram | al shabaab | islamic state | deir
    ezzor | deir al zor | khan younis | khan yunis | tel aviv | el fasher | el geneina | al fashir | port au prince |
    cabo delgado | new york | new delhi | golan heights | sri lanka | south sudan | saudi arabia | burkina faso | ivory
    coast | sierra leone | west bank | dr congo | north korea | south korea | new zealand | south africa
    | el salvador""",
    }
)
ATTRIBUTION_VERBS: dict[Phrase, str] = dict.fromkeys(
    phrases("says | say | said | reports | report | reported | confirms | confirm"), ""
)
HEADLINE_MARKS = all_words([ATTACK_VERBS, ATTRIBUTION_VERBS]) | {":"}
ATTRIBUTION_NOUNS = frozenset(
    """
    police official officials authorities army military ministry government governor mayor medic medics doctors
    hospital source sources witness witnesses resident residents activist activists monitor monitors media agency un
    reuters ap afp bbc cnn sohr sana snhr ocha spokesman spokesperson spokeswoman minister president rescuers report
    reports watchdog ngo charity hospitals unicef unhcr airwars acled
    """.split()  # noqa: SIM905 - a list of words
)
