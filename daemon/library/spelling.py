"""The vocabulary of the library, and the words of it that a mistyped one may have meant.

After SymSpell (Wolf Garbe, 2012): of two words that are a typo apart, what is left when letters are taken out of
each meets somewhere. Those forms are kept for every word, so that a typo is found by a few look-ups.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import combinations

from daemon.library.finding_tables import MisspellingRow, TermRow, WordRow
from daemon.library.tables import AssetText

SHORTEST, LONGEST = 3, 24
_TWO_TYPOS_FROM = 8  # letters
_BEGINNING = 8  # letters of a long word that are compared by form; all of it is compared afterwards
_MOST = 8
_SHORTEST_TERM = 4  # of fewer letters the text index has its own list of what begins with them
_MOST_BEGUN = 8  # words with one beginning that are looked for one by one
_BEGUN = """SELECT term FROM term WHERE term = '' UNION ALL SELECT word FROM word WHERE word >= ? AND word < ?
UNION ALL SELECT term FROM term WHERE term >= ? AND term < ? LIMIT ?"""


_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Of Latin alphabets, what no mark is part of and people type without."""


def plain(text: str) -> str:
    """As the text index has it: in small letters, of Latin ones without their marks; of signs (see `signs`) their
    words. A mark of other alphabets makes another letter: ハ and バ, и and й."""
    if text.isascii():
        return text.lower()
    whole = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    return "".join(f" {_sign(letter)} " if _is_sign(letter) else _bare(letter) for letter in whole)


def _bare(letter: str) -> str:
    if letter.isascii() or "\u0300" <= letter <= "\u036f":  # a mark that is part of no letter
        return letter if letter.isascii() else ""
    first = unicodedata.normalize("NFD", letter)[0]
    return first if first.isascii() else letter


def signs(text: str) -> list[str]:
    """A word for each emoji or other pictorial sign of a text: the text index takes letters and digits only."""
    return [] if text.isascii() else [_sign(letter) for letter in text if _is_sign(letter)]


def _is_sign(letter: str) -> bool:
    return unicodedata.category(letter) == "So"


def _sign(letter: str) -> str:
    return f"u{ord(letter):x}"


def words(text: str) -> set[str]:
    """The words of a text that can be mistyped: runs of letters, digits left out."""
    found = re.findall(r"[^\W\d_]+", plain(text))
    return {word for word in found if SHORTEST <= len(word) <= LONGEST}


def allowed_typos(word: str) -> int:
    """How many letters may be wrong, missing, too many or swapped."""
    return 2 if len(word) >= _TWO_TYPOS_FROM else 1


def forms(word: str) -> set[str]:
    """What is left of the word's beginning when up to `allowed_typos` letters are taken out."""
    start = word[:_BEGINNING]
    found = {start}
    for count in range(1, allowed_typos(word) + 1):
        for left in combinations(range(len(start)), len(start) - count):
            found.add("".join(start[i] for i in left))
    return found


def distance(a: str, b: str, most: int) -> int:
    """Letters changed, left out, put in, or swapped with their neighbour to come from one word to the other
    (optimal string alignment); most + 1 when there are more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _terms(text: str) -> set[str]:
    """See `TermRow`."""
    return {
        term for term in re.findall(r"[^\W_]+", plain(text))
        if len(term) >= _SHORTEST_TERM and term[0].isalpha() and not _is_word(term)
    }  # fmt: skip


def _is_word(term: str) -> bool:
    return term.isalpha() and term.isascii() and len(term) <= LONGEST


def learn(text: str) -> None:
    """Take a text's words into the vocabulary; inside a write. They stay when their assets go: that harms nobody."""
    learn_words(words(text))
    for term in _terms(text):
        TermRow._meta.database.execute_sql("INSERT OR IGNORE INTO term (term) VALUES (?)", (term,))


def begin() -> None:
    """The vocabulary of a library whose tables have just been made: nothing is missing in an empty one."""
    if not AssetText.select().exists():
        TermRow.insert(term="").execute()


def begun(start: str) -> list[str] | None:
    """All that the text index holds and that begins like this; None where they are too many or not all known.
    Inside a read."""
    if len(start) < _SHORTEST_TERM or not _is_word(start):
        return None
    sqlite = TermRow._meta.database
    end = start[:-1] + chr(ord(start[-1]) + 1)
    found = [term for (term,) in sqlite.execute_sql(_BEGUN, (start, end, start, end, _MOST_BEGUN + 2))]
    whole = "" in found
    found = [term for term in found if term]
    return found if whole and len(found) <= _MOST_BEGUN and all(map(str.isascii, found)) else None


def learn_words(found: Iterable[str]) -> None:
    """As `learn`, of words alone."""
    sqlite = WordRow._meta.database
    for word in found:
        # Nearly always it is there already, and a scan asks for every word of every name.
        if sqlite.execute_sql("INSERT OR IGNORE INTO word (word) VALUES (?)", (word,)).rowcount:
            rows = [(form, word) for form in forms(word)]
            MisspellingRow.insert_many(rows, fields=[MisspellingRow.form, MisspellingRow.word]).execute()


def begins_a_word(start: str) -> bool:
    """Whether the vocabulary has a word that begins like this; inside a read."""
    end = start[:-1] + chr(ord(start[-1]) + 1)
    return bool(WordRow.select().where((WordRow.word >= start) & (WordRow.word < end)).exists())


def meant(word: str) -> list[str]:
    """The words that a mistyped one may have meant, none when it is too short or like nothing; inside a read."""
    if not SHORTEST <= len(word) <= LONGEST:
        return []
    rows = MisspellingRow.select(MisspellingRow.word).where(MisspellingRow.form << list(forms(word))).distinct()
    most = allowed_typos(word)
    near: list[tuple[int, bool, str]] = []
    for (candidate,) in rows.tuples():
        apart = min(distance(word, candidate, most), distance(word, candidate[: len(word)], most))
        if apart <= most:
            near.append((apart, candidate[0] != word[0], candidate))
    near.sort()
    return [candidate for apart, _, candidate in near if apart == near[0][0]][:_MOST]
