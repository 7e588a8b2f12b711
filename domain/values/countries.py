"""Country codes: those that ISO 3166-1 assigns, those it leaves to users, and those of former countries.

A withdrawn code stays valid for its former country: a report of 1991 in Yugoslavia is about YU.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# ISO 3166-1: the 249 countries, each alpha-2 and alpha-3 (as in iso-codes 4.18, which pycountry carries).
_ASSIGNED_CODES: Final = (
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
ASSIGNED: Final = frozenset(each[:2] for each in _ASSIGNED_CODES.split())
"""The alpha-2 codes that are assigned."""
_BY_ALPHA_3: Final = {each[2:]: each[:2] for each in _ASSIGNED_CODES.split()}

# ISO 3166-1:2013 §8.1.3: codes that users may assign; XK (Kosovo) is the one in wide use.
_USER_ASSIGNED: Final = re.compile(r"AA|Q[M-Z]|X[A-Z]|ZZ")

# ISO 3166-3: withdrawn codes, as alpha-4 and the former alpha-3.
_WITHDRAWN_CODES: Final = (
    "AIDJ/AFI ANHH/ANT BQAQ/ATB BUMM/BUR BYAA/BYS CSHH/CSK CSXX/SCG CTKI/CTE DDDE/DDR DYBJ/DHY FQHH/ATF FXFR/FXX "
    "GEHH/GEL HVBF/HVO JTUM/JTN MIUM/MID NHVU/NHB NQAQ/ATN NTHH/NTZ PCHH/PCI PUUM/PUS PZPA/PCZ RHZW/RHO SKIN/SKM "
    "SUHH/SUN TPTL/TMP VDVN/VDR WKUM/WAK YDYE/YMD YUCS/YUG ZRCD/ZAR"
)
_WITHDRAWN: Final = tuple(each.split("/") for each in _WITHDRAWN_CODES.split())
_REASSIGNED: Final = frozenset({"AIDJ", "BQAQ", "CSHH", "CSXX", "GEHH", "SKIN"})
"""Withdrawn codes whose two letters were assigned to another country too: only the four letters are unambiguous."""
FORMER: Final[Mapping[str, str]] = MappingProxyType(
    {
        alpha_4: alpha_4 if alpha_4 in _REASSIGNED else alpha_4[:2]
        for alpha_4, _ in _WITHDRAWN
        if alpha_4 in _REASSIGNED or alpha_4[:2] not in ASSIGNED
    }
)
"""Codes of former countries by alpha-4: the former two letters where they were not reassigned, else all four."""
_VALID: Final = ASSIGNED | set(FORMER.values())

_CORRECTIONS: Final[Mapping[str, str]] = MappingProxyType(
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
        # ISO 3166-1 reserves these for parts of the countries on the right.
        "AC": "SH",
        "TA": "SH",
        "DG": "IO",
        "IC": "ES",
        "EA": "ES",
        "CP": "FR",
        "CQ": "GG",
    }
)
_AMBIGUOUS_CS: Final = (
    "“CS” was Czechoslovakia until 1993, and Serbia and Montenegro from 2003: write “CSHH” or “CSXX”."
)


def is_country(code: str) -> bool:
    """Say whether a code is assigned, of a former country, or left to users."""
    return code in _VALID or _USER_ASSIGNED.fullmatch(code) is not None


def country_hint(code: str) -> str:
    """Return what to write instead of an invalid code."""
    wanted = code.strip().upper()
    if wanted == "CS":
        return _AMBIGUOUS_CS
    meant = wanted if is_country(wanted) else _CORRECTIONS.get(wanted)
    return f"did you mean “{meant}”?" if meant else "write one such as “SY”."
