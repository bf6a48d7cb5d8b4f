# Writes OUTPUT, a C++ file that holds the text of FILE.
#   cmake -DOUTPUT=bundled_vocabulary.cc -DFILE=vocab.txt -P embed_text.cmake
file(READ ${FILE} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"tools/model_maker/bundled_vocabulary.h\"

namespace filigree::tools {
namespace {

constexpr unsigned char kText[] = {${bytes}0};

}  // namespace

std::string_view bundled_vocabulary() noexcept {
  return {reinterpret_cast<const char*>(kText), ${size}};
}

}  // namespace filigree::tools
")
