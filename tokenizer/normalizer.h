// BertNormalizer followed by the character classes of BertPreTokenizer, compiled to one table.
//
// Order of steps, each optional: clean_text, handle_chinese_chars, strip_accents (canonical
// decomposition without non-spacing marks), lowercase. Every produced character carries the index
// of the code point of the input it is aligned with.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizer/utf8.h"

namespace filigree::tokenizer {

enum class CharClass : std::uint8_t { kWord, kPunctuation, kSpace };

// Class of a character as the pre-tokenizer sees it. Precondition: c < kCodePointLimit.
CharClass class_of(char32_t c) noexcept;

struct NormalizerOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;
  bool lowercase = true;
};

struct NormalizedChar {
  char32_t c;
  CharClass kind;
  std::uint32_t origin;  // index of a code point of the input
};

// Immutable and thread-safe. Linear in the text.
class Normalizer {
 public:
  explicit Normalizer(const NormalizerOptions& options);

  // Calls sink.put(const NormalizedChar&) for every character of the normal form of `text`, whose
  // first code point has index `origin`. Returns the index after its last. Precondition: `text` is
  // valid UTF-8. Where the sink has put_word(std::string_view, std::uint32_t origin), it is called
  // for ASCII characters of a word, the first of which comes from code point `origin`, the next one
  // from the next, and so on.
  template <class Sink>
  std::uint32_t run(std::string_view text, std::uint32_t origin, Sink& sink) const;

 private:
  // What one code point becomes: a kind in the upper 8 bits, a payload in the lower 24.
  using Action = std::uint32_t;
  enum Kind : std::uint32_t {
    kSame,         // the code point itself, of a word
    kWord,         // payload: the character
    kPunctuation,  // payload: the character
    kSpace,        // payload: the character
    kSkip,         // nothing, as if the code point were not there
    kChinese,      // the code point itself between spaces
    kHangul,       // a syllable to decompose
    kSequence,     // payload: index into sequences_
    kReordered,    // payload: index into reordered_; takes part in the order of combining marks
  };
  struct Output {
    char32_t c;
    CharClass kind;
  };
  struct Sequence {  // outputs_[begin, end)
    std::uint32_t begin;
    std::uint32_t end;
  };
  static constexpr Sequence kNothing{0, 0};  // sequences_[0]
  struct Mark {                              // one character of a decomposition
    std::uint8_t combining_class;
    bool first;  // of its decomposition
    Sequence outputs;
  };
  struct Reordered {  // marks_[begin, end)
    std::uint32_t begin;
    std::uint32_t end;
    bool survives;  // has outputs
  };
  struct Cluster {
    std::size_t end;           // byte after the cluster
    std::uint32_t end_origin;  // index after its last code point
    std::vector<NormalizedChar> outputs;
  };

  static constexpr Action action(Kind kind, std::uint32_t payload) noexcept {
    return (static_cast<std::uint32_t>(kind) << 24) | payload;
  }
  static constexpr Kind kind_of(Action a) noexcept { return static_cast<Kind>(a >> 24); }
  static constexpr std::uint32_t payload(Action a) noexcept { return a & 0xFFFFFF; }

  Action action_of(char32_t c) const noexcept {
    return blocks_[(static_cast<std::size_t>(block_of_[c / kBlock]) * kBlock) + (c % kBlock)];
  }
  Action compile(const NormalizerOptions& options, char32_t c);
  Action single_output(char32_t c);
  static Action from_flags(const NormalizerOptions& options, std::uint8_t flags,
                           char32_t c) noexcept;
  Sequence append_outputs(const NormalizerOptions& options, char32_t c);
  std::uint16_t next_block() const noexcept {
    return static_cast<std::uint16_t>(blocks_.size() / kBlock);
  }
  Cluster cluster_at(std::string_view text, std::size_t at, std::uint32_t origin) const;
  void sort_cluster(std::string_view text, std::uint32_t origin, Cluster& cluster) const;

  static constexpr std::size_t kBlock = 128;
  static constexpr std::size_t kRun = 64;
  std::array<Action, 128> ascii_{};
  std::array<char, 256> ascii_word_{};   // what a byte becomes that is an ASCII character of a word
                                         // and stays one, else 0
  std::vector<std::uint16_t> block_of_;  // [kCodePointLimit / kBlock]
  std::vector<Action> blocks_;
  std::vector<Output> outputs_;
  std::vector<Sequence> sequences_;
  std::vector<Mark> marks_;
  std::vector<Reordered> reordered_;
};

struct HangulParts {
  std::array<char32_t, 3> jamo;
  std::size_t count;
};
HangulParts decompose_hangul(char32_t syllable) noexcept;

template <class Sink>
std::uint32_t Normalizer::run(std::string_view text, std::uint32_t origin, Sink& sink) const {
  for (std::size_t at = 0; at < text.size(); ++origin) {
    if constexpr (requires { sink.put_word(text, origin); }) {
      std::array<char, kRun> word;
      const std::size_t most = std::min(kRun, text.size() - at);
      std::size_t bytes = 0;
      for (; bytes < most; ++bytes) {
        word[bytes] = ascii_word_[static_cast<unsigned char>(text[at + bytes])];
        if (word[bytes] == 0) break;
      }
      if (bytes > 0) {
        sink.put_word({word.data(), bytes}, origin);
        at += bytes;
        origin += static_cast<std::uint32_t>(bytes) - 1;  // the loop adds one
        continue;
      }
    }
    char32_t c = static_cast<unsigned char>(text[at]);
    Action what = 0;
    std::size_t bytes = 1;
    if (c < 0x80) {
      what = ascii_[c];
    } else {
      const DecodedCodePoint decoded = decode_utf8(text, at);
      c = decoded.value;
      bytes = decoded.bytes;
      what = action_of(c);
    }
    switch (kind_of(what)) {
      case kSame:
        sink.put({c, CharClass::kWord, origin});
        break;
      case kWord:
        sink.put({payload(what), CharClass::kWord, origin});
        break;
      case kPunctuation:
        sink.put({payload(what), CharClass::kPunctuation, origin});
        break;
      case kSpace:
        sink.put({payload(what), CharClass::kSpace, origin});
        break;
      case kSkip:
        break;
      case kChinese:
        sink.put({U' ', CharClass::kSpace, origin});
        sink.put({c, CharClass::kWord, origin});
        sink.put({U' ', CharClass::kSpace, origin});
        break;
      case kHangul: {
        const HangulParts parts = decompose_hangul(c);
        for (std::size_t i = 0; i < parts.count; ++i)
          sink.put({parts.jamo[i], CharClass::kWord, origin});
        break;
      }
      case kSequence: {
        const Sequence sequence = sequences_[payload(what)];
        for (std::uint32_t i = sequence.begin; i < sequence.end; ++i)
          sink.put({outputs_[i].c, outputs_[i].kind, origin});
        break;
      }
      case kReordered: {
        const Cluster cluster = cluster_at(text, at, origin);
        for (const NormalizedChar& output : cluster.outputs) sink.put(output);
        bytes = cluster.end - at;
        origin = cluster.end_origin - 1;  // the loop adds one
        break;
      }
    }
    at += bytes;
  }
  return origin;
}

}  // namespace filigree::tokenizer
