// Text in columns, and numbers in it.
#pragma once

#include <string>
#include <vector>

namespace filigree::tools {

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string heading;
    Align align = Align::kRight;
  };

  explicit Table(std::vector<Column> columns);
  // Requires as many cells as there are columns.
  void add(std::vector<std::string> cells);
  // The headings and the rows, each ended by a newline, columns two spaces apart; no space at the
  // end of a line.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// "3.14" with two decimals.
std::string fixed(double value, int decimals);
// "31.4 %" of 0.314.
std::string percent(double share);

}  // namespace filigree::tools
