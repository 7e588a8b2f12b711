"""English names of nations, peoples and religious communities, as the press counts their members."""

_REGULAR = """
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

NATIONAL = frozenset(_REGULAR.split()) | frozenset(_PEOPLES.split()) | frozenset(_ADJECTIVES.split())
"""Adjectives: a noun must follow."""

NATIONALS = frozenset(f"{word}s" for word in (*_REGULAR.split(), *_PEOPLES.split())) | frozenset(_UNCHANGED.split()) | {
    "lankans", "zealanders", "hausa", "fulani", "hutu", "tutsi", "igbo", "houthi", "roma", "frenchmen", "englishmen",
    "dutchmen", "irishmen", "filipina", "filipinas", "jihadis", "frenchman", "frenchwoman", "englishman", "britons",
}  # fmt: skip
"""Members of nations and communities, in the plural or in a form that does not change."""
