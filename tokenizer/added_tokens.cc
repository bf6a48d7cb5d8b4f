#include "tokenizer/added_tokens.h"

#include <algorithm>
#include <utility>

#include "tokenizer/unicode_tables.h"
#include "tokenizer/utf8.h"

namespace filigree::tokenizer {
namespace {

bool has_flag(char32_t c, CodePointFlag flag) noexcept { return (flags_of(c) & flag) != 0; }

std::size_t previous(std::string_view text, std::size_t at) noexcept {
  do --at;
  while ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

bool word_before(std::string_view text, std::size_t at) noexcept {
  return at > 0 && has_flag(decode_utf8(text, previous(text, at)).value, kWordFlag);
}

bool word_after(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && has_flag(decode_utf8(text, at).value, kWordFlag);
}

// Begin of the white space that ends at `at`, not before `limit`.
std::size_t space_begin(std::string_view text, std::size_t at, std::size_t limit) noexcept {
  while (at > limit) {
    const std::size_t before = previous(text, at);
    if (!has_flag(decode_utf8(text, before).value, kSpaceFlag)) break;
    at = before;
  }
  return at;
}

// End of the white space at a position; remembers the last run, so that asking all along it is
// linear.
class SpaceEnd {
 public:
  explicit SpaceEnd(std::string_view text) : text_(text) {}
  std::size_t after(std::size_t at) noexcept {
    if (at < begin_ || at > end_) {
      begin_ = end_ = at;
      while (end_ < text_.size()) {
        const DecodedCodePoint decoded = decode_utf8(text_, end_);
        if (!has_flag(decoded.value, kSpaceFlag)) break;
        end_ += decoded.bytes;
      }
    }
    return end_;
  }

 private:
  std::string_view text_;
  std::size_t begin_ = 1;  // [begin_, end_] is empty at first
  std::size_t end_ = 0;
};

ByteTrie trie_of(const std::vector<std::string>& contents) {
  std::vector<std::pair<std::string_view, std::int32_t>> strings;
  for (std::size_t i = 0; i < contents.size(); ++i)
    strings.emplace_back(contents[i], static_cast<std::int32_t>(i));
  return ByteTrie(std::move(strings));
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens,
                                     const std::vector<std::string>& contents)
    : tokens_(std::move(tokens)), trie_(trie_of(contents)) {
  for (std::size_t byte = 0; byte < starts_.size(); ++byte)
    starts_[byte] = trie_.starts_with(static_cast<unsigned char>(byte));
}

std::size_t AddedTokenMatcher::next_candidate(std::string_view text,
                                              std::size_t at) const noexcept {
  while (at < text.size() && !starts_[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

std::vector<AddedSplit> AddedTokenMatcher::split(std::string_view text) const {
  std::vector<AddedSplit> splits;
  SpaceEnd space_end(text);
  std::size_t done = 0;  // end of the last split
  const auto push = [&splits](std::size_t begin, std::size_t end, const AddedToken* token) {
    if (begin < end) splits.push_back({begin, end, token});
  };
  for (std::size_t at = next_candidate(text, 0); at < text.size(); at = next_candidate(text, at)) {
    const ByteTrie::Match match = trie_.longest(ByteTrie::kRoot, text.substr(at));
    if (match.length == 0) {
      ++at;
      continue;
    }
    std::size_t begin = at;
    std::size_t end = at + match.length;
    at = end;
    const AddedToken& token = tokens_[static_cast<std::size_t>(match.value)];
    if (token.single_word && (word_before(text, begin) || word_after(text, end))) continue;
    if (token.lstrip) begin = std::max(done, space_begin(text, begin, done));
    if (token.rstrip) end = space_end.after(end);
    push(done, begin, nullptr);
    push(begin, end, &token);
    done = end;
  }
  push(done, text.size(), nullptr);
  return splits;
}

}  // namespace filigree::tokenizer
