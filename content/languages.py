"""The languages in which a notice can be written beside Vietnamese, by their codes (ISO 639-3).

A language says nothing of who its readers are: people choose one, and nothing is concluded from it.
"""

from __future__ import annotations

from enum import StrEnum

VIETNAMESE = "vi"


class Language(StrEnum):
    """In the order of the list that people choose from."""

    VIETNAMESE = "vi"
    TAY = "tyz"
    THAI = "blt"
    MUONG = "mtq"
    HMONG = "hmn"
    KHMER = "km"
    NUNG = "nut"
    DAO = "ium"
    GIA_RAI = "jra"
    E_DE = "rad"
    BA_NA = "bdq"
    CO_HO = "kpm"
    RAGLAI = "rog"
    CHAM = "cjm"


CODES = frozenset(language.value for language in Language)
