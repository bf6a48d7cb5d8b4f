#!/usr/bin/env python3
"""Writes tokenizer_*.bin: what Hugging Face `tokenizers` makes of hard texts and of every code point.

  tokenizer_texts.bin        texts and pairs with their ids, type ids and offsets, for several tokenizers
  tokenizer_code_points.bin  for several normalizers and every block of 256 code points, a checksum of
                             normal forms and word offsets
  tokenizer_xquad.bin        a checksum for every question and context of tests/data/qa_eval_xquad.jsonl

Numbers are unsigned LEB128, texts a length in bytes and UTF-8. The reader is tests/tokenizer/golden_file.h.

Usage: make_tokenizer_goldens.py [FOLDER]     (default: beside this script; needs tokenizers==0.23.3)
"""

import json
import pathlib
import random
import sys
import unicodedata
import zlib
from collections import Counter

import tokenizers
from tokenizers import Tokenizer

PINNED = "0.23.3"
SEED = 20250301
HERE = pathlib.Path(__file__).resolve().parent
BUNDLED = HERE.parents[1] / "third_party/models/minilm6-squad-pruned80-int8/tokenizer.json"
XQUAD = HERE.parent / "data/qa_eval_xquad.jsonl"
SURROGATES = range(0xD800, 0xE000)
BLOCK = 256

SCRIPTS = [  # first and last code point of blocks whose letters have case, marks or their own spaces
    (0x00C0, 0x024F), (0x0250, 0x02FF), (0x0370, 0x03FF), (0x0400, 0x052F), (0x0531, 0x058F),
    (0x0590, 0x05FF), (0x0600, 0x06FF), (0x0900, 0x097F), (0x0980, 0x09FF), (0x0B80, 0x0BFF),
    (0x0D00, 0x0D7F), (0x0E00, 0x0E7F), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x10A0, 0x10FF),
    (0x1100, 0x11FF), (0x13A0, 0x13FF), (0x1780, 0x17FF), (0x1B00, 0x1B7F), (0x1C80, 0x1CBF),
    (0x1D00, 0x1DBF), (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x20CF),
    (0x2100, 0x214F), (0x2460, 0x24FF), (0x2600, 0x26FF), (0x2C00, 0x2C5F), (0x2E00, 0x2E7F),
    (0x3000, 0x303F), (0x3040, 0x30FF), (0x3130, 0x318F), (0x31F0, 0x33FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xA640, 0xA69F), (0xA720, 0xA7FF), (0xAB30, 0xABBF), (0xAC00, 0xD7AF),
    (0xF900, 0xFAFF), (0xFB00, 0xFB4F), (0xFE30, 0xFEFF), (0xFF00, 0xFFEF), (0x10400, 0x104FF),
    (0x10C80, 0x10CFF), (0x11000, 0x1107F), (0x118A0, 0x118FF), (0x16E40, 0x16E9F),
    (0x1D100, 0x1D1FF), (0x1D400, 0x1D7FF), (0x1E900, 0x1E95F), (0x1F300, 0x1F6FF),
    (0x20000, 0x2A6DF), (0x2A700, 0x2EBFF), (0x2F800, 0x2FA1F), (0x30000, 0x3134F),
]
MARKS = [  # combining characters of many classes
    *range(0x0300, 0x034F), *range(0x0350, 0x0370), *range(0x0483, 0x0488), *range(0x0591, 0x05BE), 0x05BF, 0x05C1,
    0x05C2, 0x05C4, 0x05C5, 0x05C7, *range(0x0610, 0x061B), *range(0x064B, 0x0660), 0x0670, 0x0711,
    *range(0x0730, 0x074B), 0x093C, 0x094D, 0x0C55, 0x0C56, *range(0x0E38, 0x0E3B), *range(0x0E48, 0x0E4C),
    *range(0x0EC8, 0x0ECC), 0x0F18, 0x0F71, 0x0F72, 0x0F74, 0x0F80, 0x0FC6, 0x1037, 0x18A9, *range(0x1AB0, 0x1ABE),
    *range(0x1DC0, 0x1DE7), *range(0x20D0, 0x20DD), *range(0x302A, 0x3030), 0x3099, 0x309A, 0xFB1E, 0x10A0D, 0x1E8D0,
    *range(0x1D165, 0x1D16A), *range(0x1D17B, 0x1D183), *range(0x1E000, 0x1E007)]
SURVIVING_MARKS = [0x302E, 0x302F, 0x1D165, 0x1D166, 0x1D16D, 0x1D15E, 0x1D160, 0x1D1BB, 0x1133B,
                   0x1E2EC, 0x16FF0, 0x16FF1, 0x1DF9, 0x1DFB, 0x08D3, 0x0F73, 0x0344]
INVISIBLE = [0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0xFEFF,
             0xFFFD, 0x00AD, 0x061C, 0x180E, 0x034F, 0xFFF9, 0xE0001, 0xE0020, 0xFE0F, 0x115F, 0x3164]
CONTROLS = [*range(0x20), *range(0x7F, 0xA1), 0x2028, 0x2029, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF]
SPACES = [0x20, 0x20, 0x20, 0x09, 0x0A, 0x0D, 0x0B, 0x0C, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B),
          0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x180E, 0x200B]
EMOJI = ["\U0001F600", "\U0001F468\u200D\U0001F469\u200D\U0001F467\u200D\U0001F466", "\U0001F44D\U0001F3FD",
         "\u2764\uFE0F\u200D\U0001F525", "\U0001F1E9\U0001F1EA", "1\uFE0F\u20E3", "\U0001F9D1\U0001F3FF\u200D\U0001F680",
         "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "\u263A\uFE0F", "\U0001FAE0"]
WORDS = ["İstanbul", "DİYARBAKIR", "ısı", "ΣΊΣΥΦΟΣ", "ὈΔΥΣΣΕΎΣ", "Σ", "ΑΣ ΑΣ.", "Straße", "GROẞ", "ﬁnancial", "ŒUVRE",
         "naïve", "cafe\u0301", "Ångström", "A\u030angstro\u0308m", "Việt Nam", "Dž", "ǅ", "Ꮳ", "ᏣᎳᎩ", "Ა", "ꭰ",
         "Ⓐ", "Ⅷ", "Ǆ", "Ⱥ", "Ⱦ", "ẞ", "K", "Å", "Ω", "ſ", "ŉ", "ǰ", "ΐ", "ᾼ", "ᾳ", "ﬃ", "㎏", "½", "№", "™", "…",
         "don't", "state-of-the-art", "U.S.A.", "$3.50", "e=mc^2", "a_b", "C++", "foo@bar.com", "http://x.y/z?q=1",
         "각", "한국어", "\u1112\u1161\u11ab", "ㅎㅏㄴ", "漢字かな交じり文", "中文,測試。", "ﷺ", "العربية", "עִבְרִית", "हिन्दी", "ไทย"]
SPECIAL = ["[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[mask]", "[MASK", "MASK]", "[ MASK ]", "[[MASK]]",
           "[MA\u00ADSK]", "[unused1]", "##ing", "##", "#"]


class Texts:
    """Random texts, one method for each kind of difficulty."""

    def __init__(self, seed, english, added=()):
        self.random = random.Random(seed)
        self.english = english
        self.added = list(added) + SPECIAL

    def code_point(self, first=0, last=0x10FFFF):
        c = self.random.randint(first, last)
        return self.code_point(first, last) if c in SURROGATES else chr(c)

    def some(self, choices, low, high):
        return [self.random.choice(choices) for _ in range(self.random.randint(low, high))]

    def chars(self, choices, low, high):
        return "".join(chr(c) for c in self.some(choices, low, high))

    def space(self):
        return chr(self.random.choice(SPACES)) * self.random.choice([1, 1, 1, 2, 0])

    def word(self):
        word = self.random.choice(self.english)
        return self.random.choice([word, word, word.title(), word.upper()])

    def sentence(self):
        return "".join(self.word() + self.random.choice([" ", " ", " ", ", ", "-", ". ", "'s ", ""])
                       for _ in range(self.random.randint(1, 9)))

    def hard_words(self):
        return self.space().join(self.some(WORDS, 1, 5))

    def accents(self):
        form = self.random.choice(["NFC", "NFD"])
        letters = "".join(self.code_point(0xC0, 0x24F) for _ in range(self.random.randint(1, 8)))
        return unicodedata.normalize(form, letters + self.word() + self.code_point(0x1E00, 0x1FFF))

    def script(self):
        first, last = self.random.choice(SCRIPTS)
        return "".join(self.code_point(first, last) + self.random.choice(["", "", "", " "])
                       for _ in range(self.random.randint(1, 12)))

    def mixed_scripts(self):
        return "".join(self.random.choice([self.script, self.word, self.accents])()
                       for _ in range(self.random.randint(2, 3)))

    def any_plane(self):
        plane = self.random.randrange(17) << 16
        return self.word()[:3] + "".join(self.code_point(plane, plane + 0xFFFF)
                                         for _ in range(self.random.randint(1, 6))) + "b"

    def combining_run(self):
        text = ""
        for _ in range(self.random.randint(1, 3)):
            base = self.random.choice(["e", "E", "\u00e9", "\u00c5", "\u1ebf", " ", "", "\u4e2d", "!", "\uac00"])
            text += base + self.chars(self.random.choice([MARKS, MARKS + 30 * SURVIVING_MARKS]), 1, 7)
            if self.random.random() < 0.2:
                text += self.chars(INVISIBLE, 1, 1) + self.chars(SURVIVING_MARKS, 0, 2)
        return text + self.random.choice(["", "x"])

    def controls(self):
        return "".join(self.word()[:4] + self.chars(CONTROLS, 1, 3) for _ in range(self.random.randint(1, 4)))

    def invisible(self):
        return "".join(self.word()[:4] + self.chars(INVISIBLE, 1, 2) for _ in range(self.random.randint(1, 4)))

    def emoji(self):
        return "".join(self.random.choice(EMOJI) + self.random.choice(["", " ", "a"])
                       for _ in range(self.random.randint(1, 4)))

    def chinese(self):
        return "".join(self.random.choice([self.code_point(0x4E00, 0x9FFF), self.code_point(0xF900, 0xFAFF), "a",
                                           self.code_point(0x20000, 0x2FA1F), "。", "\u0301", self.code_point(0x3041, 0x30FF)])
                       for _ in range(self.random.randint(1, 10)))

    def hangul(self):
        return "".join(self.random.choice([self.code_point(0xAC00, 0xD7A3), self.code_point(0x1100, 0x11FF), " ", "a"])
                       for _ in range(self.random.randint(1, 8)))

    def long_word(self):
        unit = self.random.choice(["a", "ab", "\u00e9", "e\u0301", "\u0130", "\uac01", "\u00df", "e\u200b", "1", "\U00010400"])
        text = unit * (self.random.choice([33, 34, 50, 51, 98, 99, 100, 101, 120]) // len(unit))
        return self.random.choice(["", "x ", "y"]) + text + self.random.choice(["", "b", " z", "!"])

    def added_tokens(self):
        pieces = self.some(self.added, 1, 4)
        return "".join(p + self.random.choice([self.space(), self.word()[:3], "", " ", "\u0301", "_", "."]) for p in pieces)

    def white_space(self):
        return self.random.choice(["", " a", "a "]) + self.chars(SPACES + INVISIBLE[:4] + [0, 0x301], 0, 8)

    def ascii(self):
        return "".join(chr(self.random.randrange(128)) for _ in range(self.random.randint(1, 25)))

    def kinds(self):
        return [self.sentence, self.sentence, self.hard_words, self.hard_words, self.accents, self.script, self.script,
                self.mixed_scripts, self.any_plane, self.any_plane, self.combining_run, self.combining_run, self.controls,
                self.invisible, self.emoji, self.chinese, self.hangul, self.long_word, self.added_tokens,
                self.added_tokens, self.white_space, self.ascii]

    def text(self):
        kinds = self.kinds()
        return self.kind(self.random.randrange(len(kinds)))

    def kind(self, number):
        kinds = self.kinds()
        return kinds[number % len(kinds)]()


def normalizer(**options):
    defaults = dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    return {"type": "BertNormalizer", **defaults, **options}


def added(content, **flags):
    defaults = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
    return {"content": content, **defaults, **flags}


def template(cls, sep):
    def special(name, type_id):
        return {"SpecialToken": {"id": name, "type_id": type_id}}

    def sequence(name, type_id):
        return {"Sequence": {"id": name, "type_id": type_id}}

    return {"type": "TemplateProcessing",
            "single": [special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)],
            "pair": [special("[CLS]", 2), sequence("B", 1), special("[SEP]", 0), sequence("A", 3), special("[CLS]", 1)],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [cls], "tokens": ["[CLS]"]},
                               "[SEP]": {"id": "[SEP]", "ids": [sep, cls], "tokens": ["[SEP]", "[CLS]"]}}}


def small_vocabulary(settings, texts, seed, prefix):
    """Frequent characters and random pieces of the normalized words of `texts`."""
    backend = Tokenizer.from_str(json.dumps(tokenizer_json(settings, {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2}, [], prefix, 100)))
    words = Counter()
    for text in texts:
        normalized = backend.normalizer.normalize_str(text)
        words.update(word for word, _ in backend.pre_tokenizer.pre_tokenize_str(normalized))
    chars = Counter()
    for word in words:
        chars.update(set(word))
    rng = random.Random(seed)
    tokens = ["[UNK]", "[CLS]", "[SEP]"]
    for c, _ in sorted(chars.items(), key=lambda item: (-item[1], item[0]))[:900]:
        tokens += [c, prefix + c]
    ordered = sorted(words)
    for _ in range(1500):
        word = rng.choice(ordered)
        begin = rng.randrange(len(word))
        piece = word[begin : begin + rng.randint(2, 5)]
        tokens.append(piece if begin == 0 else prefix + piece)
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}


def tokenizer_json(settings, vocabulary, added_tokens, prefix, max_chars, bert_processing=False):
    tokens, next_id = [], len(vocabulary)
    for token in added_tokens:
        known = vocabulary.get(token["content"])
        tokens.append({"id": next_id if known is None else known, **token})
        next_id += known is None
    processor = ({"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]} if bert_processing
                 else template(vocabulary["[CLS]"], vocabulary["[SEP]"]))
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": settings,
            "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": processor, "decoder": None,
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": prefix,
                      "max_input_chars_per_word": max_chars, "vocab": vocabulary}}


MANY_ADDED = [
    added("[CLS]", special=True), added("[MASK]", special=True, lstrip=True), added("<both>", lstrip=True, rstrip=True),
    added("<right>", rstrip=True), added("word", single_word=True), added("wordy"), added("ÉTÉ", normalized=True),
    added("New York", normalized=True, single_word=True), added("é", normalized=True, lstrip=True, rstrip=True),
    added("中", normalized=True), added(" sp", rstrip=True), added("_u_", single_word=True), added("a\u0301b"),
    added("x\u00ADy", normalized=True), added("한국", normalized=True), added(".", normalized=True, lstrip=True),
    added("\u0130", normalized=True), added("\u200d", rstrip=True, single_word=True)]
MANY_ADDED_TEXTS = [token["content"] for token in MANY_ADDED] + [
    "ete", "Été", "new york", "NEW  YORK", "New York", "newyork", " word ", "swordfish", "word\u0301", "word_", "wordword",
    "   <both>   ", "<right>   <both>", "<right> sp", "sp ", "İ", "i\u0307", "\u1112\u1161\u11ab국", "É", "E\u0301\u302E"]


def sections(english):
    """(name, tokenizer.json text or "" for the bundled one, texts, pairs)."""
    hard = Texts(SEED, english)
    texts = [hard.kind(i) for i in range(14500)]
    yield "bundled", "", texts, [(hard.text(), hard.text()) for _ in range(1500)]
    variants = [
        ("cased", normalizer(lowercase=False), [], "##", 100, False),
        ("lower case, accents kept", normalizer(strip_accents=False), [], "##", 100, True),
        ("accents stripped only", normalizer(clean_text=False, handle_chinese_chars=False, lowercase=False,
                                             strip_accents=True), [], "##", 100, False),
        ("not cleaned, short words", normalizer(clean_text=False), [added("[CLS]")], "", 5, False),
        ("added tokens", normalizer(), MANY_ADDED, "##", 20, True),
        ("added tokens, cased, not cleaned", normalizer(clean_text=False, lowercase=False), MANY_ADDED, "@", 100, False)]
    for number, (name, settings, tokens, prefix, max_chars, bert) in enumerate(variants):
        generator = Texts(SEED + 1 + number, english, 3 * MANY_ADDED_TEXTS if len(tokens) > 1 else ())
        if len(tokens) > 1:
            texts = [generator.added_tokens() if i % 2 else generator.kind(i // 2) for i in range(1200)]
        else:
            texts = [generator.kind(i) for i in range(1200)]
        pairs = [(generator.text(), generator.text()) for _ in range(50)]
        settings_text = normalizer(**settings) if number % 2 == 0 else {"type": "Sequence", "normalizers": [settings]}
        vocabulary = small_vocabulary(settings, texts, SEED + number, prefix)
        content = tokenizer_json(settings_text, vocabulary, tokens, prefix, max_chars, bert)
        yield name, json.dumps(content, ensure_ascii=False), texts, pairs


def plain(tokenizer):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


class Writer:
    def __init__(self):
        self.bytes = bytearray()

    def number(self, value):
        while value >= 0x80:
            self.bytes.append(value & 0x7F | 0x80)
            value >>= 7
        self.bytes.append(value)

    def text(self, text):
        data = text.encode("utf-8")
        self.number(len(data))
        self.bytes += data

    def encoding(self, encoding):
        self.number(len(encoding.ids))
        previous = 0
        for token, type_id, (begin, end) in zip(encoding.ids, encoding.type_ids, encoding.offsets):
            self.number(token)
            self.number(type_id)
            self.number(2 * (begin - previous) if begin >= previous else 2 * (previous - begin) - 1)
            self.number(end - begin)
            previous = end


def checksum(encoding, value=0):
    out = Writer()
    out.encoding(encoding)
    return zlib.crc32(out.bytes, value)


def write_texts(path, english):
    out = Writer()
    total = 0
    all_sections = list(sections(english))
    out.number(len(all_sections))
    for name, content, texts, pairs in all_sections:
        tokenizer = plain(Tokenizer.from_str(content) if content else Tokenizer.from_file(str(BUNDLED)))
        out.text(name)
        out.text(content)
        out.number(len(texts) + len(pairs))
        for text, encoding in zip(texts, tokenizer.encode_batch(texts)):
            out.number(0)
            out.text(text)
            out.encoding(encoding)
        for (first, second), encoding in zip(pairs, tokenizer.encode_batch(pairs)):
            out.number(1)
            out.text(first)
            out.text(second)
            out.encoding(encoding)
        total += len(texts) + len(pairs)
    path.write_bytes(out.bytes)
    print(f"{path.name}: {total} texts, {len(out.bytes)} bytes")


def code_point_texts(first):
    chars = [chr(c) for c in range(first, first + BLOCK) if c not in SURROGATES]
    return [" ".join(f"a{c}b" for c in chars), " ".join(f"E\u0301{c}\u302Eb" for c in chars)]


def write_code_points(path):
    out = Writer()
    variants = [normalizer(), normalizer(lowercase=False), normalizer(strip_accents=False, clean_text=False),
                normalizer(clean_text=False, handle_chinese_chars=False, lowercase=False, strip_accents=True)]
    out.number(len(variants))
    for settings in variants:
        content = tokenizer_json(settings, {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2}, [], "##", 100)
        tokenizer = plain(Tokenizer.from_str(json.dumps(content)))
        out.text(json.dumps(content))
        for first in range(0, 0x110000, BLOCK):
            value = 0
            for text in code_point_texts(first):
                value = zlib.crc32(tokenizer.normalizer.normalize_str(text).encode("utf-8"), value)
                value = checksum(tokenizer.encode(text), value)
            out.number(value)
    path.write_bytes(out.bytes)
    print(f"{path.name}: {len(variants)} normalizers, {len(out.bytes)} bytes")


def write_xquad(path):
    tokenizer = plain(Tokenizer.from_file(str(BUNDLED)))
    rows = [json.loads(line) for line in XQUAD.read_text(encoding="utf-8").splitlines()]
    out = Writer()
    out.number(len(rows))
    for row in rows:
        out.number(checksum(tokenizer.encode(row["question"], row["context"])))
    path.write_bytes(out.bytes)
    print(f"{path.name}: {len(rows)} pairs, {len(out.bytes)} bytes")


def main():
    assert tokenizers.__version__ == PINNED, f"found tokenizers {tokenizers.__version__}, expected {PINNED}"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    vocabulary = json.loads(BUNDLED.read_text(encoding="utf-8"))["model"]["vocab"]
    english = sorted(token for token in vocabulary if token.isascii() and token.isalnum())
    write_texts(folder / "tokenizer_texts.bin", english)
    write_code_points(folder / "tokenizer_code_points.bin")
    write_xquad(folder / "tokenizer_xquad.bin")


if __name__ == "__main__":
    main()
