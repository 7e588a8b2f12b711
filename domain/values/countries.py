"""Codes of countries: those that ISO 3166-1 assigns, those it leaves to users, and those of countries that were.

A code that was withdrawn stays the name of a country that was: a report of 1991 in Yugoslavia is about YU.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# ISO 3166-1: the 249 countries, each alpha-2 and alpha-3 (as in iso-codes 4.18, which pycountry carries).
_LISTED: Final = (
    "ADAND AEARE AFAFG AGATG AIAIA ALALB AMARM AOAGO AQATA ARARG ASASM ATAUT AUAUS AWABW AXALA AZAZE BABIH BBBRB "
    "BDBGD BEBEL BFBFA BGBGR BHBHR BIBDI BJBEN BLBLM BMBMU BNBRN BOBOL BQBES BRBRA BSBHS BTBTN BVBVT BWBWA BYBLR "
    "BZBLZ CACAN CCCCK CDCOD CFCAF CGCOG CHCHE CICIV CKCOK CLCHL CMCMR CNCHN COCOL CRCRI CUCUB CVCPV CWCUW CXCXR "
    "CYCYP CZCZE DEDEU DJDJI DKDNK DMDMA DODOM DZDZA ECECU EEEST EGEGY EHESH ERERI ESESP ETETH FIFIN FJFJI FKFLK "
    "FMFSM FOFRO FRFRA GAGAB GBGBR GDGRD GEGEO GFGUF GGGGY GHGHA GIGIB GLGRL GMGMB GNGIN GPGLP GQGNQ GRGRC GSSGS "
    "GTGTM GUGUM GWGNB GYGUY HKHKG HMHMD HNHND HRHRV HTHTI HUHUN IDIDN IEIRL ILISR IMIMN ININD IOIOT IQIRQ IRIRN "
    "ISISL ITITA JEJEY JMJAM JOJOR JPJPN KEKEN KGKGZ KHKHM KIKIR KMCOM KNKNA KPPRK KRKOR KWKWT KYCYM KZKAZ LALAO "
    "LBLBN LCLCA LILIE LKLKA LRLBR LSLSO LTLTU LULUX LVLVA LYLBY MAMAR MCMCO MDMDA MEMNE MFMAF MGMDG MHMHL MKMKD "
    "MLMLI MMMMR MNMNG MOMAC MPMNP MQMTQ MRMRT MSMSR MTMLT MUMUS MVMDV MWMWI MXMEX MYMYS MZMOZ NANAM NCNCL NENER "
    "NFNFK NGNGA NINIC NLNLD NONOR NPNPL NRNRU NUNIU NZNZL OMOMN PAPAN PEPER PFPYF PGPNG PHPHL PKPAK PLPOL PMSPM "
    "PNPCN PRPRI PSPSE PTPRT PWPLW PYPRY QAQAT REREU ROROU RSSRB RURUS RWRWA SASAU SBSLB SCSYC SDSDN SESWE SGSGP "
    "SHSHN SISVN SJSJM SKSVK SLSLE SMSMR SNSEN SOSOM SRSUR SSSSD STSTP SVSLV SXSXM SYSYR SZSWZ TCTCA TDTCD TFATF "
    "TGTGO THTHA TJTJK TKTKL TLTLS TMTKM TNTUN TOTON TRTUR TTTTO TVTUV TWTWN TZTZA UAUKR UGUGA UMUMI USUSA UYURY "
    "UZUZB VAVAT VCVCT VEVEN VGVGB VIVIR VNVNM VUVUT WFWLF WSWSM YEYEM YTMYT ZAZAF ZMZMB ZWZWE"
)
ASSIGNED: Final = frozenset(each[:2] for each in _LISTED.split())
"""The alpha-2 codes that are assigned."""
_BY_ALPHA_3: Final = {each[2:]: each[:2] for each in _LISTED.split()}

# ISO 3166-1:2013 §8.1.3: codes that users may assign; XK (Kosovo) is the one in wide use.
_OF_ONES_OWN: Final = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")

# ISO 3166-3: withdrawn codes, as alpha-4 and the former alpha-3.
_ONCE_LISTED: Final = (
    "AIDJ/AFI ANHH/ANT BQAQ/ATB BUMM/BUR BYAA/BYS CSHH/CSK CSXX/SCG CTKI/CTE DDDE/DDR DYBJ/DHY FQHH/ATF FXFR/FXX "
    "GEHH/GEL HVBF/HVO JTUM/JTN MIUM/MID NHVU/NHB NQAQ/ATN NTHH/NTZ PCHH/PCI PUUM/PUS PZPA/PCZ RHZW/RHO SKIN/SKM "
    "SUHH/SUN TPTL/TMP VDVN/VDR WKUM/WAK YDYE/YMD YUCS/YUG ZRCD/ZAR"
)
_WITHDRAWN: Final = tuple(each.split("/") for each in _ONCE_LISTED.split())
_SINCE_GIVEN_AGAIN: Final = frozenset({"AIDJ", "BQAQ", "CSHH", "CSXX", "GEHH", "SKIN"})
"""Withdrawn codes whose two letters name another country too: only the four letters tell which is meant."""
FORMER: Final[Mapping[str, str]] = MappingProxyType(
    {
        alpha_4: alpha_4 if alpha_4 in _SINCE_GIVEN_AGAIN else alpha_4[:2]
        for alpha_4, _ in _WITHDRAWN
        if alpha_4 in _SINCE_GIVEN_AGAIN or alpha_4[:2] not in ASSIGNED
    }
)
"""Each former country by its alpha-4 code: how it is written here, by its former two letters where they are its own."""
_TAKEN: Final = ASSIGNED | set(FORMER.values())

_MEANT: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{alpha_3: FORMER.get(alpha_4, alpha_4[:2]) for alpha_4, alpha_3 in _WITHDRAWN},
        **FORMER,
        **_BY_ALPHA_3,
        "BYAA": "BY",
        "ROM": "RO",
        "UK": "GB",
        "EL": "GR",
        "XKX": "XK",
        "XKS": "XK",
        "RKS": "XK",
        "KOS": "XK",
        # ISO 3166-1 reserves these for parts of the countries that they lead to.
        "AC": "SH",
        "TA": "SH",
        "DG": "IO",
        "IC": "ES",
        "EA": "ES",
        "CP": "FR",
        "CQ": "GG",
    }
)
_TWICE: Final = "“CS” was Czechoslovakia until 1993, and Serbia and Montenegro from 2003: write “CSHH” or “CSXX”."


def is_country(code: str) -> bool:
    """Say whether a code names a country, of today or of former times, or is one that users may assign."""
    return code in _TAKEN or _OF_ONES_OWN.fullmatch(code) is not None


def hint_for(code: str) -> str:
    """Return what to write instead of a code that is not taken."""
    wanted = code.strip().upper()
    if wanted == "CS":
        return _TWICE
    meant = wanted if is_country(wanted) else _MEANT.get(wanted)
    return f"did you mean “{meant}”?" if meant else "write one such as “SY”."
