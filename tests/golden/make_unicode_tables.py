#!/usr/bin/env python3
"""Writes tokenizer/unicode_tables.cc: what Hugging Face `tokenizers` knows about every code point.

The Rust crates behind `tokenizers` carry tables of several Unicode versions (9 for normalisation, an
older one for categories, that of the compiler for case and white space), so no single version of the
Unicode database gives equal answers. This script therefore asks the pinned release itself, through its
public normalizers and pre-tokenizers, for every code point.

Usage: make_unicode_tables.py ../../tokenizer/unicode_tables.cc     (needs tokenizers==0.23.3, 1 minute)
"""

import sys
import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

PINNED = "0.23.3"
SEPARATOR = "|"  # ASCII, a starter, unchanged by every normalizer used here.
REMOVED, SPACE, CHINESE, MARK, PUNCTUATION, WORD = (1 << bit for bit in range(6))
HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic in normalizer.cc
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
CHUNK = 20000


def bert(**enabled):
    options = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**options, **enabled})


def normalized_each(normalizer, texts):
    """The normal form of every text; texts hold no separator. Batched: one call is slow."""
    results = []
    for at in range(0, len(texts), CHUNK):
        chunk = texts[at : at + CHUNK]
        parts = normalizer.normalize_str(SEPARATOR + SEPARATOR.join(chunk)).split(SEPARATOR)[1:]
        assert len(parts) == len(chunk)
        results.extend(parts)
    return results


def per_code_point(normalizer, before="", after=""):
    points = [c for c in CODE_POINTS if chr(c) != SEPARATOR]
    texts = [before + chr(c) + after for c in points]
    result = dict(zip(points, normalized_each(normalizer, texts)))
    result[ord(SEPARATOR)] = before + SEPARATOR + after
    return result


def pre_tokenizer_flags():
    flags = {}
    splitter = pre_tokenizers.BertPreTokenizer()
    for at in range(0, len(CODE_POINTS), CHUNK):
        chunk = CODE_POINTS[at : at + CHUNK]
        pieces = splitter.pre_tokenize_str(" ".join("a" + chr(c) + "b" for c in chunk))
        spans = {span for _, span in pieces}
        for i, c in enumerate(chunk):
            begin = 4 * i
            if (begin, begin + 3) in spans:
                flags[c] = 0
            elif (begin + 1, begin + 2) in spans:
                flags[c] = PUNCTUATION
            else:
                assert (begin, begin + 1) in spans and (begin + 2, begin + 3) in spans
                flags[c] = SPACE
    return flags


def word_flags():
    """\\w of the regular expressions that decide on `single_word` added tokens."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.add_tokens([AddedToken("Q", single_word=True, normalized=False)])
    flags = {}
    for at in range(0, len(CODE_POINTS), CHUNK):
        chunk = [c for c in CODE_POINTS[at : at + CHUNK] if chr(c) != "Q"]
        for text, position in (("Q%s ", 0), ("%sQ ", 1)):
            offsets = set(tokenizer.encode("".join(text % chr(c) for c in chunk)).offsets)
            for i, c in enumerate(chunk):
                at_q = 3 * i + position
                word = 0 if (at_q, at_q + 1) in offsets else WORD
                assert flags.setdefault(c, word) == word, hex(c)
    flags[ord("Q")] = WORD
    return flags


def combining_classes(decomposed):
    """Classes as NFD orders by them: numbers of the Unicode database for marks that are reordered."""
    nfd = normalizers.NFD()
    plain = [c for c in CODE_POINTS if decomposed[c] == chr(c) and chr(c) != SEPARATOR]
    after_240 = normalized_each(nfd, ["\u0345" + chr(c) for c in plain])
    before_1 = normalized_each(nfd, [chr(c) + "\u0334" for c in plain])
    classes = {}
    for c, first, second in zip(plain, after_240, before_1):
        if first != "\u0345" + chr(c) or second != chr(c) + "\u0334":
            classes[c] = unicodedata.combining(chr(c))
            assert classes[c] != 0, f"U+{c:04X} is reordered but is no mark in Python's database"
    representative = {}
    for c, value in classes.items():
        representative.setdefault(value, c)
    for value, r in representative.items():
        marks = list(classes)
        pairs = normalized_each(nfd, [chr(c) + chr(r) for c in marks])
        for c, pair in zip(marks, pairs):
            expected = chr(r) + chr(c) if classes[c] > value else chr(c) + chr(r)
            assert pair == expected, f"class of U+{c:04X} is not {classes[c]}"
    return classes


def measure():
    cleaned = per_code_point(bert(clean_text=True), "a", "b")
    chinese = per_code_point(bert(handle_chinese_chars=True))
    decomposed = per_code_point(normalizers.NFD())
    stripped = per_code_point(bert(strip_accents=True))
    lower = per_code_point(bert(lowercase=True))
    flags = pre_tokenizer_flags()
    for c, word in word_flags().items():
        flags[c] |= word
    for c in CODE_POINTS:
        assert cleaned[c] in ("ab", "a b", f"a{chr(c)}b"), hex(c)
        if cleaned[c] == "ab":
            flags[c] |= REMOVED
        elif (cleaned[c] == "a b") != bool(flags[c] & SPACE):
            raise AssertionError(f"U+{c:04X}: white space differs between normalizer and pre-tokenizer")
        if chinese[c] != chr(c):
            assert chinese[c] == f" {chr(c)} "
            flags[c] |= CHINESE
        if decomposed[c] == chr(c) and stripped[c] == "":
            flags[c] |= MARK
    for c in CODE_POINTS:
        kept = "".join(d for d in decomposed[c] if not flags[ord(d)] & MARK)
        assert stripped[c] == kept, hex(c)
    return flags, combining_classes(decomposed), decomposed, lower


def runs(value_of):
    """(first, value) wherever the value changes, surrogates taking the value before them."""
    result = []
    for c in CODE_POINTS:
        if not result or result[-1][1] != value_of(c):
            result.append((c, value_of(c)))
    return result


def cpp_array(kind, name, entries):
    lines, line = [], " "
    for entry in entries:
        if len(line) + len(entry) + 2 > 100:
            lines.append(line)
            line = " "
        line += f" {entry},"
    lines.append(line)
    body = "\n".join(lines)
    return f"const {kind} {name}[{len(entries)}] = {{\n{body}\n}};\n"


def main():
    assert tokenizers.__version__ == PINNED, f"found tokenizers {tokenizers.__version__}, expected {PINNED}"
    flags, classes, decomposed, lower = measure()
    pool = []

    def table(mapping):
        entries = []
        for c in CODE_POINTS:
            if mapping[c] != chr(c) and c not in HANGUL:
                entries.append(f"{{0x{c:X}, {len(pool)}, {len(mapping[c])}}}")
                pool.extend(f"0x{ord(d):X}" for d in mapping[c])
        return entries

    lower_entries, decomposition_entries = table(lower), table(decomposed)
    flag_entries = [f"{{0x{c:X}, {value}}}" for c, value in runs(lambda c: flags[c])]
    class_entries = [f"{{0x{c:X}, {value}}}" for c, value in runs(lambda c: classes.get(c, 0))]
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write(f"""// Generated by tests/golden/make_unicode_tables.py from tokenizers {PINNED}. Do not edit.
// clang-format off
#include "tokenizer/unicode_tables.h"

namespace filigree::tokenizer {{
namespace {{

{cpp_array("PropertyRun", "kFlagRuns", flag_entries)}
{cpp_array("PropertyRun", "kClassRuns", class_entries)}
{cpp_array("MappingEntry", "kLowercase", lower_entries)}
{cpp_array("MappingEntry", "kDecomposition", decomposition_entries)}
{cpp_array("char32_t", "kPool", pool)}
}}  // namespace

const UnicodeTables kUnicodeTables{{kFlagRuns, kClassRuns, kLowercase, kDecomposition, kPool}};

}}  // namespace filigree::tokenizer
""")
    print(f"{len(flag_entries)} flag runs, {len(class_entries)} class runs, {len(lower_entries)} lower-case "
          f"mappings, {len(decomposition_entries)} decompositions, {len(pool)} targets")


if __name__ == "__main__":
    main()
