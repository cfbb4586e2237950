"""From Vietnamese as typed to Vietnamese as matched. Pure functions; nothing here knows a card.

Order: tidy (NFC, lower case, no links, emoji or invisible signs) → cut a long story → repair
Telex/VNI left-overs → write out abbreviations and dialect → fold (no diacritics) for search.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LONGEST = 2000
"""Characters of a message that are read; of a longer one, the sentences that ask are kept."""

_RAW_LONGEST = 20_000  # beyond this only the beginning and the end are looked at

_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w+\b", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@\w+")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?…\n;])\s*")
_CLAUSE, _CLAUSE_LEAST = re.compile(r"[,:–]| - "), 4
_ASKS = re.compile(
    r"\?|\b(?:khong|ko|hong|bao nhieu|may|o dau|cho nao|lam sao|the nao|nhu nao|bao gio|khi nao"
    r"|bao lau|can gi|giay gi|ai|duoc gi|hoi|xin|muon|phai lam|chua|mo|rang)\b"
)
_ONSET = "ngh|ng|nh|th|tr|ch|gh|gi|kh|ph|qu|b|c|d|g|h|k|l|m|n|p|r|s|t|v|x"
_RIMES = (
    "a ac ach ai am an ang anh ao ap at au ay e ec ech em en eng enh eo ep et eu i ia ich iec iem "
    "ien ieng iep iet ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay "
    "oc oe oen oeo oet oi om on ong op ot u ua uac uan uang uat uay uc ue uech uenh ui um un ung "
    "uo uoc uoi uom uon uong uop uot uou up ut uu uy uya uych uyen uyet uyn uynh uyp uyt y yem "
    "yen yet yeu"
)
_SYLLABLE = re.compile(rf"(?:{_ONSET})?(?:{_RIMES.replace(' ', '|')})")
_TELEX_TONE = re.compile(r"(?<=[aeiouyw])[sfrxj]|[sfrxj]$")


@dataclass(frozen=True, slots=True)
class Words:
    """A message ready to be matched: `text` with diacritics as far as typed, `folded` without."""

    text: str
    folded: str


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """What editors keep in `phrases/abbreviations.toml`; see there for the meaning of each part."""

    words: Mapping[str, str]
    nearby: Mapping[str, tuple[tuple[frozenset[str], str], ...]]
    phrases: Mapping[tuple[str, ...], str]

    @classmethod
    def load(cls, path: Path) -> Abbreviations:
        """Raises ValueError (with TOML's own words) or KeyError for a broken file."""
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        nearby: dict[str, tuple[tuple[frozenset[str], str], ...]] = {}
        for rule in raw.get("nearby", []):
            meant = (frozenset(fold(word) for word in rule["next"]), rule["means"])
            nearby[rule["word"]] = (*nearby.get(rule["word"], ()), meant)
        return cls(
            words={tidy(key): value for key, value in raw.get("words", {}).items()},
            nearby=nearby,
            phrases={tuple(fold(key).split()): v for key, v in raw.get("phrases", {}).items()},
        )


NO_ABBREVIATIONS = Abbreviations({}, {}, {})


def prepare(text: str, abbreviations: Abbreviations = NO_ABBREVIATIONS) -> Words:
    """All steps in order. Never raises; at most some `LONGEST` characters come out per message."""
    mended = [repair(token) for token in tokens(shorten(tidy(text)))]
    plain = " ".join(_write_out(mended, abbreviations))
    return Words(plain, fold(plain))


def tokens(text: str) -> list[str]:
    """The words of a text without what stands between them."""
    return _WORD.findall(text)


def tidy(text: str) -> str:
    """NFC, lower case, one space between words; links, mentions, emoji and invisible signs gone."""
    if len(text) > _RAW_LONGEST:
        text = f"{text[: _RAW_LONGEST // 2]}\n{text[-_RAW_LONGEST // 2 :]}"
    text = unicodedata.normalize("NFKC", text)
    text = _MENTION.sub(" ", _LINK.sub(" ", text))
    text = "".join(_visible(sign) for sign in text)
    text = unicodedata.normalize("NFC", text).lower()
    text = _REPEATED.sub(r"\1", text)
    return re.sub(r"[^\S\n]+", " ", re.sub(r"\s*\n\s*", "\n", text)).strip()


def fold(text: str) -> str:
    """Lower case without diacritics; đ by hand, since Unicode does not take it apart."""
    bare = text.lower().translate(_BARE)
    return bare if bare.isascii() else unicodedata.normalize("NFC", bare)


class _Bare(dict[int, str]):
    """Each sign without its diacritics, worked out once where it is Latin."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFD", chr(code))
        bare = "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")
        bare = bare.replace("đ", "d").replace("Đ", "d")
        if code < _LATIN:
            self[code] = bare
        return bare


_BARE, _LATIN = _Bare(), 0x1F00


def has_diacritics(text: str) -> bool:
    return fold(text) != text.lower()


def shorten(text: str) -> str:
    """At most `LONGEST` characters; a long story keeps its last sentence and those that ask."""
    if len(text) <= LONGEST:
        return text
    sentences = [s.strip()[:600] for s in _SENTENCE.split(text) if s.strip()]
    if len(sentences) < 3:
        return f"{text[: LONGEST // 2 - 1]} {text[-LONGEST // 2 :]}"
    asking = [n for n, s in enumerate(sentences) if _ASKS.search(fold(s))]
    wanted = dict.fromkeys([len(sentences) - 1, *reversed(asking), *range(len(sentences))])
    kept: list[int] = []
    room = LONGEST
    for n in wanted:
        if len(sentences[n]) + 1 <= room:
            kept.append(n)
            room -= len(sentences[n]) + 1
    return " ".join(sentences[n] for n in sorted(kept))


def asking_part(text: str) -> str:
    """The last sentence that asks, or the whole: where a story says what it wants to know."""
    sentences = [s.strip() for s in _SENTENCE.split(shorten(tidy(text))) if s.strip()]
    asking = [s for s in sentences if _ASKS.search(fold(s))]
    return asking[-1] if asking else " ".join(sentences[-1:])


def last_clause(text: str) -> str:
    """The end of a sentence from its last comma on, or from one before where that is too short."""
    clauses = [clause.strip() for clause in _CLAUSE.split(text)]
    *before, last = [clause for clause in clauses if _WORD.search(clause)] or [""]
    while before and len(_WORD.findall(last)) < _CLAUSE_LEAST:
        last = f"{before.pop()} {last}"
    return last


@lru_cache(maxsize=8192)
def is_syllable(token: str) -> bool:
    """Whether a Vietnamese syllable can be written so (its diacritics left aside)."""
    return _SYLLABLE.fullmatch(fold(token)) is not None


@lru_cache(maxsize=8192)
def repair(token: str) -> str:
    """A syllable typed with the Telex or VNI keys left in (`khoong`, `d9uoc75`), without them.

    Guarded: what is a syllable already, has diacritics or digits alone, or would not become a
    syllable, stays as typed (`xoong`, `bus`, `500k`). The result has no diacritics.
    """
    if not token.isascii() or not token[:1].isalpha() or len(token) < 3 or is_syllable(token):
        return token
    if any(sign.isdigit() for sign in token):
        bare = _without_vni(token)
        return bare if bare != token and len(bare) > 1 and is_syllable(bare) else token
    spelled = re.sub(r"aa|ee|oo|dd", lambda pair: pair[0][0], token)
    candidates = (spelled, _TELEX_TONE.sub("", spelled), _TELEX_TONE.sub("", spelled, count=1))
    for candidate in candidates:
        for bare in (candidate, _w_as_vowel(candidate)):
            if bare != token and is_syllable(bare):
                return bare
    return token


def _without_vni(token: str) -> str:
    letters = [sign for sign in token if not sign.isdigit()]
    digits = {sign for sign in token if sign.isdigit()}
    fits = {"6": "aeo", "7": "uo", "8": "a", "9": "d"}
    if "0" in digits or any(not set(fits.get(d, "aeiouy")) & set(letters) for d in digits):
        return token
    return "".join(letters)


def _w_as_vowel(token: str) -> str:
    """`tuw`, `dduwowcj` → the w is a mark; `trwowng` → it stands for ư."""
    bare = re.sub(r"(?<=[aou])w", "", token)
    return bare.replace("w", "u")


def _visible(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in {"Cf", "Mn", "Me"} and not "\u0300" <= sign <= "\u036f":
        return ""
    if category in {"So", "Sk", "Cc", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return "\n" if sign in "\n\r\u2028\u2029" else " "
    return sign


def _write_out(typed: Sequence[str], abbreviations: Abbreviations) -> list[str]:
    """Abbreviations and dialect in common words. Where nothing is known, it stays."""
    said: list[str] = []
    for n, word in enumerate(typed):
        if word == "k" and n and typed[n - 1].isdigit():
            said.append("nghìn")  # "500 k" is money, a lone k is "không"
            continue
        rules = abbreviations.nearby.get(word, ())
        following = fold(typed[n + 1]) if rules and n + 1 < len(typed) else ""
        meant = next((means for words, means in rules if following in words), None)
        said += (meant or abbreviations.words.get(word, word)).split()
    longest = max((len(key) for key in abbreviations.phrases), default=0)
    return _replace_phrases(said, abbreviations.phrases, longest) if longest else said


def _replace_phrases(
    typed: list[str], phrases: Mapping[tuple[str, ...], str], longest: int
) -> list[str]:
    folded = [fold(token) for token in typed]
    out: list[str] = []
    n = 0
    while n < len(typed):
        for length in range(min(longest, len(typed) - n), 0, -1):
            found = phrases.get(tuple(folded[n : n + length]))
            if found is not None:
                out += found.split()
                n += length
                break
        else:
            out.append(typed[n])
            n += 1
    return out
