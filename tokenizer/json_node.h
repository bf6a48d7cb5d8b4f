// A value inside an untrusted JSON file, which knows its path. Every accessor checks, and throws
// std::runtime_error "file: path: found ..., expected ...".
#pragma once

#include <rapidjson/fwd.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::tokenizer {

// Valid as long as the JsonFile it comes from.
class JsonNode {
 public:
  JsonNode(const rapidjson::Value& value, const std::string& file, std::string path)
      : value_(&value), file_(&file), path_(std::move(path)) {}

  bool is_null() const noexcept;
  bool is_object() const noexcept;
  bool is_text() const noexcept;
  bool boolean() const;
  std::int64_t integer(std::int64_t low, std::int64_t high) const;
  std::string text() const;
  // The text, which must be one of `expected`.
  std::string text_of(std::initializer_list<std::string_view> expected) const;

  // The member, which must exist.
  JsonNode member(std::string_view name) const;
  // The member, or nothing where it is absent.
  std::optional<JsonNode> find(std::string_view name) const;
  // Refuses members other than these, and any name that occurs twice.
  void only(std::initializer_list<std::string_view> names) const;
  std::vector<JsonNode> elements() const;
  // Calls visit(name, value) for each member of an object of integers, in the order of the file.
  // `visit` returns what is wrong with the member ("" for nothing).
  void each_integer(std::int64_t low, std::int64_t high,
                    const std::function<std::string(std::string name, std::int64_t)>& visit) const;

  [[noreturn]] void fail(const std::string& expected) const;
  [[noreturn]] void fail(const std::string& found, const std::string& expected) const;

 private:
  std::string found() const;
  std::string path_of(std::string_view member) const;

  const rapidjson::Value* value_;
  const std::string* file_;
  std::string path_;
};

// A parsed file. Ill-formed UTF-8 becomes U+FFFD for each maximal subpart.
class JsonFile {
 public:
  // Throws std::runtime_error naming the file and the byte offset of what is no JSON.
  JsonFile(std::string_view json, std::string file_name);
  JsonFile(const JsonFile&) = delete;
  JsonFile& operator=(const JsonFile&) = delete;
  ~JsonFile();

  JsonNode root() const;

 private:
  std::string file_name_;
  std::unique_ptr<rapidjson::Document> document_;
};

}  // namespace filigree::tokenizer
