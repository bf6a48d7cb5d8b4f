#include "tokenizer/normalizer.h"

#include <algorithm>
#include <map>
#include <span>

#include "tokenizer/unicode_tables.h"

namespace filigree::tokenizer {
namespace {

// Unicode 15.0, section 3.12: constants of the arithmetic decomposition.
constexpr char32_t kHangulFirst = 0xAC00;
constexpr char32_t kHangulLast = 0xD7A3;
constexpr char32_t kLeadingFirst = 0x1100;
constexpr char32_t kVowelFirst = 0x1161;
constexpr char32_t kTrailingBase = 0x11A7;
constexpr char32_t kVowels = 21;
constexpr char32_t kTrailings = 28;

bool is_hangul(char32_t c) noexcept { return c >= kHangulFirst && c <= kHangulLast; }

// The end of run number `i`, which is where the next begins.
char32_t run_end(std::span<const PropertyRun> runs, std::size_t i) noexcept {
  return i + 1 < runs.size() ? runs[i + 1].first : kCodePointLimit;
}

// Code points whose action does not follow from their flags alone.
std::vector<char32_t> exceptional_code_points() {
  std::vector<char32_t> result;
  for (const MappingEntry& entry : kUnicodeTables.lowercase) result.push_back(entry.from);
  for (const MappingEntry& entry : kUnicodeTables.decompositions) result.push_back(entry.from);
  const auto classes = kUnicodeTables.combining_classes;
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i].value != 0)
      for (char32_t c = classes[i].first; c < run_end(classes, i); ++c) result.push_back(c);
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

}  // namespace

CharClass class_of(char32_t c) noexcept {
  const std::uint8_t flags = flags_of(c);
  if ((flags & kSpaceFlag) != 0) return CharClass::kSpace;
  return (flags & kPunctuationFlag) != 0 ? CharClass::kPunctuation : CharClass::kWord;
}

HangulParts decompose_hangul(char32_t syllable) noexcept {
  const char32_t index = syllable - kHangulFirst;
  const char32_t trailing = index % kTrailings;
  return {{kLeadingFirst + index / (kVowels * kTrailings),
           kVowelFirst + index / kTrailings % kVowels, kTrailingBase + trailing},
          trailing == 0 ? 2U : 3U};
}

Normalizer::Normalizer(const NormalizerOptions& options) : sequences_{kNothing} {
  const auto runs = kUnicodeTables.flags;
  const std::vector<char32_t> exceptions = exceptional_code_points();
  auto exception = exceptions.begin();
  std::map<Action, std::uint16_t> uniform;  // blocks of equal actions
  std::size_t run = 0;
  for (char32_t first = 0; first < kCodePointLimit; first += kBlock) {
    const char32_t last = first + kBlock - 1;
    while (run_end(runs, run) <= first) ++run;
    const Action common = from_flags(options, runs[run].value, first);
    if (run_end(runs, run) > last && (exception == exceptions.end() || *exception > last) &&
        from_flags(options, runs[run].value, last) == common) {
      const auto [entry, added] = uniform.emplace(common, next_block());
      if (added) blocks_.insert(blocks_.end(), kBlock, common);
      block_of_.push_back(entry->second);
      continue;
    }
    block_of_.push_back(next_block());
    for (char32_t c = first; c <= last; ++c) {
      while (run_end(runs, run) <= c) ++run;
      const bool exceptional = exception != exceptions.end() && *exception == c;
      if (exceptional) ++exception;
      blocks_.push_back(exceptional ? compile(options, c)
                                    : from_flags(options, runs[run].value, c));
    }
  }
  std::copy_n(blocks_.begin(), ascii_.size(), ascii_.begin());
  for (std::size_t c = 0; c < ascii_.size(); ++c) {
    if (kind_of(ascii_[c]) == kSame) ascii_word_[c] = static_cast<char>(c);
    if (kind_of(ascii_[c]) == kWord && payload(ascii_[c]) < ascii_.size())
      ascii_word_[c] = static_cast<char>(payload(ascii_[c]));
  }
}

// All steps for a code point without mappings and combining class.
Normalizer::Action Normalizer::from_flags(const NormalizerOptions& options, std::uint8_t flags,
                                          char32_t c) noexcept {
  if (options.clean_text && (flags & kRemovedFlag) != 0) return action(kSkip, 0);
  if (options.clean_text && (flags & kSpaceFlag) != 0) return action(kSpace, U' ');
  if (options.handle_chinese_chars && (flags & kChineseFlag) != 0) return action(kChinese, 0);
  if (options.strip_accents && is_hangul(c)) return action(kHangul, 0);
  // A mark that is no combining character vanishes too, but separates the combining ones around it.
  if (options.strip_accents && (flags & kMarkFlag) != 0) return action(kSequence, 0);
  if ((flags & kSpaceFlag) != 0) return action(kSpace, c);
  if ((flags & kPunctuationFlag) != 0) return action(kPunctuation, c);
  return action(kSame, 0);
}

// All steps for one code point. Characters that have a combining class, or whose decomposition ends
// in surviving ones, are ordered with their neighbours when they are met in a text.
Normalizer::Action Normalizer::compile(const NormalizerOptions& options, char32_t c) {
  const std::uint8_t flags = flags_of(c);
  if (options.clean_text && (flags & kRemovedFlag) != 0) return action(kSkip, 0);
  if (options.clean_text && (flags & kSpaceFlag) != 0) return action(kSpace, U' ');
  std::span<const char32_t> parts;
  if (options.strip_accents) parts = mapped(kUnicodeTables.decompositions, c);
  if (parts.empty()) parts = std::span(&c, 1);
  const bool chinese = options.handle_chinese_chars && (flags & kChineseFlag) != 0;
  const auto begin = static_cast<std::uint32_t>(outputs_.size());
  const auto first_mark = static_cast<std::uint32_t>(marks_.size());
  if (chinese) outputs_.push_back({U' ', CharClass::kSpace});
  bool ordered = false;
  for (const char32_t part : parts) {
    const bool dropped = options.strip_accents && (flags_of(part) & kMarkFlag) != 0;
    const std::uint8_t combining = options.strip_accents ? combining_class(part) : std::uint8_t{0};
    const bool first = marks_.size() == first_mark;
    ordered = ordered || (combining != 0 && (first || !dropped));
    const auto none = static_cast<std::uint32_t>(outputs_.size());
    marks_.push_back(
        {combining, first, dropped ? Sequence{none, none} : append_outputs(options, part)});
  }
  if (chinese) outputs_.push_back({U' ', CharClass::kSpace});
  const auto end = static_cast<std::uint32_t>(outputs_.size());
  if (ordered) {
    reordered_.push_back({first_mark, static_cast<std::uint32_t>(marks_.size()), begin != end});
    return action(kReordered, static_cast<std::uint32_t>(reordered_.size() - 1));
  }
  marks_.resize(first_mark);
  if (end - begin == 1) return single_output(c);
  sequences_.push_back({begin, end});
  return action(kSequence, static_cast<std::uint32_t>(sequences_.size() - 1));
}

// The action for the one character appended last to outputs_, from where it is taken back.
Normalizer::Action Normalizer::single_output(char32_t c) {
  const Output output = outputs_.back();
  outputs_.pop_back();
  if (output.kind == CharClass::kSpace) return action(kSpace, output.c);
  if (output.kind == CharClass::kPunctuation) return action(kPunctuation, output.c);
  return output.c == c ? action(kSame, 0) : action(kWord, output.c);
}

Normalizer::Sequence Normalizer::append_outputs(const NormalizerOptions& options, char32_t c) {
  const auto begin = static_cast<std::uint32_t>(outputs_.size());
  std::span<const char32_t> lowered;
  if (options.lowercase) lowered = mapped(kUnicodeTables.lowercase, c);
  if (lowered.empty()) lowered = std::span(&c, 1);
  for (const char32_t output : lowered) outputs_.push_back({output, class_of(output)});
  return {begin, static_cast<std::uint32_t>(outputs_.size())};
}

// A cluster is a code point that is kReordered and all following ones that start with a combining
// class, looking through skipped ones. Where none of it survives, as in ordinary accented text, it
// ends there.
Normalizer::Cluster Normalizer::cluster_at(std::string_view text, std::size_t at,
                                           std::uint32_t origin) const {
  Cluster cluster{at, origin, {}};
  bool survives = false;
  while (cluster.end < text.size()) {
    const DecodedCodePoint decoded = decode_utf8(text, cluster.end);
    const Action what = action_of(decoded.value);
    if (kind_of(what) == kReordered) {
      const Reordered& entry = reordered_[payload(what)];
      if (cluster.end != at && marks_[entry.begin].combining_class == 0) break;
      survives = survives || entry.survives;
    } else if (kind_of(what) != kSkip) {
      break;
    }
    cluster.end += decoded.bytes;
    ++cluster.end_origin;
  }
  if (survives) sort_cluster(text.substr(at, cluster.end - at), origin, cluster);
  return cluster;
}

// Canonical order: stable by combining class between starters. `tokenizers` keeps alignments by
// position: the n-th first character of a decomposition, in the new order, is aligned with the n-th
// code point.
void Normalizer::sort_cluster(std::string_view text, std::uint32_t origin, Cluster& cluster) const {
  std::vector<Mark> pending;
  std::vector<std::uint32_t> origins;
  for (std::size_t at = 0; at < text.size(); ++origin) {
    const DecodedCodePoint decoded = decode_utf8(text, at);
    at += decoded.bytes;
    const Action what = action_of(decoded.value);
    if (kind_of(what) == kSkip) continue;
    origins.push_back(origin);
    const Reordered& entry = reordered_[payload(what)];
    pending.insert(pending.end(), marks_.begin() + entry.begin, marks_.begin() + entry.end);
  }
  // Only the first code point of a cluster may hold starters, and they come before its marks.
  const auto starters = std::find_if(pending.begin(), pending.end(),
                                     [](const Mark& m) { return m.combining_class != 0; });
  // A counting sort: linear however long the run.
  std::array<std::size_t, 257> next{};
  for (auto mark = starters; mark != pending.end(); ++mark) ++next[mark->combining_class + 1U];
  for (std::size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
  std::vector<Mark> sorted(pending.begin(), pending.end());
  const auto offset = static_cast<std::size_t>(starters - pending.begin());
  for (auto mark = starters; mark != pending.end(); ++mark)
    sorted[offset + next[mark->combining_class]++] = *mark;
  std::size_t consumed = 0;
  for (const Mark& mark : sorted) {
    if (mark.first) ++consumed;
    for (std::uint32_t i = mark.outputs.begin; i < mark.outputs.end; ++i)
      cluster.outputs.push_back({outputs_[i].c, outputs_[i].kind, origins[consumed - 1]});
  }
}

}  // namespace filigree::tokenizer
