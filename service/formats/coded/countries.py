"""Countries by ISO 3166-1 numeric code, and by the Gleditsch and Ward number that UCDP uses."""

from collections.abc import Mapping
from typing import Final, NamedTuple

# ISO 3166-1 alpha-2 and numeric; Gleditsch and Ward (1999), "A Revised List of Independent States", as UCDP numbers
# them (without Czechoslovakia, which is two countries by now); names mostly as the tz database's iso3166.tab has them.
_LISTED: Final = """
AD 020 232 Andorra; AE 784 696 United Arab Emirates; AF 004 700 Afghanistan; AG 028 58 Antigua and Barbuda;
AI 660 - Anguilla; AL 008 339 Albania; AM 051 371 Armenia; AO 024 540 Angola; AQ 010 - Antarctica;
AR 032 160 Argentina; AS 016 - Samoa (American); AT 040 305 Austria; AU 036 900 Australia; AW 533 - Aruba;
AX 248 - Åland Islands; AZ 031 373 Azerbaijan; BA 070 346 Bosnia and Herzegovina; BB 052 53 Barbados;
BD 050 771 Bangladesh; BE 056 211 Belgium; BF 854 439 Burkina Faso; BG 100 355 Bulgaria; BH 048 692 Bahrain;
BI 108 516 Burundi; BJ 204 434 Benin; BL 652 - St Barthelemy; BM 060 - Bermuda; BN 096 835 Brunei;
BO 068 145 Bolivia; BQ 535 - Caribbean NL; BR 076 140 Brazil; BS 044 31 Bahamas; BT 064 760 Bhutan;
BV 074 - Bouvet Island; BW 072 571 Botswana; BY 112 370 Belarus; BZ 084 80 Belize; CA 124 20 Canada;
CC 166 - Cocos (Keeling) Islands; CD 180 490 Democratic Republic of Congo; CF 140 482 Central African Republic;
CG 178 484 Republic of Congo; CH 756 225 Switzerland; CI 384 437 Ivory Coast; CK 184 - Cook Islands;
CL 152 155 Chile; CM 120 471 Cameroon; CN 156 710 China; CO 170 100 Colombia; CR 188 94 Costa Rica;
CU 192 40 Cuba; CV 132 402 Cape Verde; CW 531 - Curaçao; CX 162 - Christmas Island; CY 196 352 Cyprus;
CZ 203 316 Czech Republic; DE 276 260 Germany; DJ 262 522 Djibouti; DK 208 390 Denmark; DM 212 54 Dominica;
DO 214 42 Dominican Republic; DZ 012 615 Algeria; EC 218 130 Ecuador; EE 233 366 Estonia; EG 818 651 Egypt;
EH 732 - Western Sahara; ER 232 531 Eritrea; ES 724 230 Spain; ET 231 530 Ethiopia; FI 246 375 Finland;
FJ 242 950 Fiji; FK 238 - Falkland Islands; FM 583 987 Micronesia; FO 234 - Faroe Islands; FR 250 220 France;
GA 266 481 Gabon; GB 826 200 United Kingdom; GD 308 55 Grenada; GE 268 372 Georgia; GF 254 - French Guiana;
GG 831 - Guernsey; GH 288 452 Ghana; GI 292 - Gibraltar; GL 304 - Greenland; GM 270 420 Gambia; GN 324 438 Guinea;
GP 312 - Guadeloupe; GQ 226 411 Equatorial Guinea; GR 300 350 Greece;
GS 239 - South Georgia & the South Sandwich Islands; GT 320 90 Guatemala; GU 316 - Guam; GW 624 404 Guinea-Bissau;
GY 328 110 Guyana; HK 344 - Hong Kong; HM 334 - Heard Island & McDonald Islands; HN 340 91 Honduras;
HR 191 344 Croatia; HT 332 41 Haiti; HU 348 310 Hungary; ID 360 850 Indonesia; IE 372 205 Ireland;
IL 376 666 Israel; IM 833 - Isle of Man; IN 356 750 India; IO 086 - British Indian Ocean Territory;
IQ 368 645 Iraq; IR 364 630 Iran; IS 352 395 Iceland; IT 380 325 Italy; JE 832 - Jersey; JM 388 51 Jamaica;
JO 400 663 Jordan; JP 392 740 Japan; KE 404 501 Kenya; KG 417 703 Kyrgyzstan; KH 116 811 Cambodia;
KI 296 970 Kiribati; KM 174 581 Comoros; KN 659 60 Saint Kitts and Nevis; KP 408 731 North Korea;
KR 410 732 South Korea; KW 414 690 Kuwait; KY 136 - Cayman Islands; KZ 398 705 Kazakhstan; LA 418 812 Laos;
LB 422 660 Lebanon; LC 662 56 Saint Lucia; LI 438 223 Liechtenstein; LK 144 780 Sri Lanka; LR 430 450 Liberia;
LS 426 570 Lesotho; LT 440 368 Lithuania; LU 442 212 Luxembourg; LV 428 367 Latvia; LY 434 620 Libya;
MA 504 600 Morocco; MC 492 221 Monaco; MD 498 359 Moldova; ME 499 341 Montenegro; MF 663 - St Martin (French);
MG 450 580 Madagascar; MH 584 983 Marshall Islands; MK 807 343 North Macedonia; ML 466 432 Mali;
MM 104 775 Myanmar; MN 496 712 Mongolia; MO 446 - Macau; MP 580 - Northern Mariana Islands; MQ 474 - Martinique;
MR 478 435 Mauritania; MS 500 - Montserrat; MT 470 338 Malta; MU 480 590 Mauritius; MV 462 781 Maldives;
MW 454 553 Malawi; MX 484 70 Mexico; MY 458 820 Malaysia; MZ 508 541 Mozambique; NA 516 565 Namibia;
NC 540 - New Caledonia; NE 562 436 Niger; NF 574 - Norfolk Island; NG 566 475 Nigeria; NI 558 93 Nicaragua;
NL 528 210 Netherlands; NO 578 385 Norway; NP 524 790 Nepal; NR 520 971 Nauru; NU 570 - Niue;
NZ 554 920 New Zealand; OM 512 698 Oman; PA 591 95 Panama; PE 604 135 Peru; PF 258 - French Polynesia;
PG 598 910 Papua New Guinea; PH 608 840 Philippines; PK 586 770 Pakistan; PL 616 290 Poland;
PM 666 - St Pierre & Miquelon; PN 612 - Pitcairn; PR 630 - Puerto Rico; PS 275 - Palestine; PT 620 235 Portugal;
PW 585 986 Palau; PY 600 150 Paraguay; QA 634 694 Qatar; RE 638 - Réunion; RO 642 360 Romania;
RS 688 340/345 Serbia; RU 643 365 Russia; RW 646 517 Rwanda; SA 682 670 Saudi Arabia; SB 090 940 Solomon Islands;
SC 690 591 Seychelles; SD 729 625 Sudan; SE 752 380 Sweden; SG 702 830 Singapore; SH 654 - St Helena;
SI 705 349 Slovenia; SJ 744 - Svalbard & Jan Mayen; SK 703 317 Slovakia; SL 694 451 Sierra Leone;
SM 674 331 San Marino; SN 686 433 Senegal; SO 706 520 Somalia; SR 740 115 Suriname; SS 728 626 South Sudan;
ST 678 403 Sao Tome and Principe; SV 222 92 El Salvador; SX 534 - St Maarten (Dutch); SY 760 652 Syria;
SZ 748 572 eSwatini; TC 796 - Turks & Caicos Is; TD 148 483 Chad; TF 260 - French S. Terr.; TG 768 461 Togo;
TH 764 800 Thailand; TJ 762 702 Tajikistan; TK 772 - Tokelau; TL 626 860 East Timor; TM 795 701 Turkmenistan;
TN 788 616 Tunisia; TO 776 972 Tonga; TR 792 640 Turkey; TT 780 52 Trinidad and Tobago; TV 798 973 Tuvalu;
TW 158 713 Taiwan; TZ 834 510 Tanzania; UA 804 369 Ukraine; UG 800 500 Uganda; UM 581 - US minor outlying islands;
US 840 2 United States; UY 858 165 Uruguay; UZ 860 704 Uzbekistan; VA 336 - Vatican City;
VC 670 57 Saint Vincent and the Grenadines; VE 862 101 Venezuela; VG 092 - Virgin Islands (UK);
VI 850 - Virgin Islands (US); VN 704 816 Vietnam; VU 548 935 Vanuatu; WF 876 - Wallis & Futuna; WS 882 990 Samoa;
XK - 347 Kosovo; YE 887 678/680 Yemen; YT 175 - Mayotte; ZA 710 560 South Africa; ZM 894 551 Zambia;
ZW 716 552 Zimbabwe
"""

# ISO 3166-3: former countries as we write them, with the last numeric code of each that had one.
_FORMER: Final = """
AIDJ 262 - French Afars and Issas; AN 530 - Netherlands Antilles; BQAQ - - British Antarctic Territory;
BU 104 775 Burma; CSHH 200 315 Czechoslovakia; CSXX 891 345 Serbia and Montenegro;
CT 128 - Canton and Enderbury Islands; DD 278 265 German Democratic Republic; DY 204 434 Dahomey;
FQ - - French Southern and Antarctic Territories; FX 249 220 Metropolitan France;
GEHH 296 - Gilbert and Ellice Islands; HV 854 439 Upper Volta; JT 396 - Johnston Island; MI 488 - Midway Islands;
NH 548 - New Hebrides; NQ 216 - Dronning Maud Land; NT 536 - Neutral Zone; PC 582 - Pacific Islands (Trust Territory);
PU 849 - US Miscellaneous Pacific Islands; PZ - - Panama Canal Zone; RH 716 552 Southern Rhodesia; SKIN - - Sikkim;
SU 810 365 Soviet Union; TP 626 860 East Timor; VD - 816 Democratic Republic of Viet-Nam; WK 872 - Wake Island;
YD 720 680 Democratic Yemen; YU 891 345 Yugoslavia; ZR 180 490 Zaire
"""


class CodedCountry(NamedTuple):
    """A country: its alpha-2 code, the numeric code of ISO 3166-1 ("" for Kosovo, which has none), and common name.

    `states` are the Gleditsch and Ward numbers of the states on its territory, the present one first.
    """

    code: str
    number: str
    states: tuple[str, ...]
    name: str


def _read(entry: str) -> CodedCountry:
    code, number, states, name = entry.strip().split(maxsplit=3)
    return CodedCountry(code, number.strip("-"), tuple(states.split("/")) if states != "-" else (), name)


_TODAY: Final = tuple(map(_read, _LISTED.split(";")))
BY_CODE: Final[Mapping[str, CodedCountry]] = {
    country.code: country for country in (*_TODAY, *map(_read, _FORMER.split(";")))
}
"""Present and former countries by code."""
BY_NUMBER: Final[Mapping[int, CodedCountry]] = {int(country.number): country for country in _TODAY if country.number}
"""Present countries by the numeric code of ISO 3166-1."""
BY_NAME: Final[Mapping[str, CodedCountry]] = {country.name: country for country in _TODAY}
"""Present countries by the names above."""
BY_STATE: Final[Mapping[int, CodedCountry]] = {int(state): country for country in _TODAY for state in country.states}
"""Present countries by Gleditsch and Ward number."""
