// A sequence laid on the token axis of panels, starting at any lane.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "kernels/attention.h"
#include "tests/kernels/op_support.h"

namespace filigree::kernels::testing {

struct Shape {
  std::size_t head_size;
  std::size_t tokens;
  std::size_t first_lane;     // of the sequence, in panel 0
  std::size_t first_feature;  // of the head

  std::size_t panels() const { return (first_lane + tokens + kPanelTokens - 1) / kPanelTokens; }
  // Distance of the queries compared with the reference, which is slow; 17 visits every lane of a
  // query block.
  std::size_t reference_step() const { return tokens > 200 ? 17 : 1; }
  // The width of the panels: the head is their last.
  std::size_t width() const { return first_feature + head_size; }
  std::string name() const {
    return "head size " + std::to_string(head_size) + ", tokens " + std::to_string(tokens) +
           ", first lane " + std::to_string(first_lane) + ", first feature " +
           std::to_string(first_feature);
  }
};

inline std::vector<TokenSegment> segments_of(const Shape& shape) {
  std::vector<TokenSegment> segments;
  std::size_t begin = shape.first_lane;
  const std::size_t end = shape.first_lane + shape.tokens;
  while (begin < end) {
    const std::size_t panel = begin / kPanelTokens;
    const std::size_t stop = std::min(end, (panel + 1) * kPanelTokens);
    segments.push_back({panel, begin % kPanelTokens, stop - begin});
    begin = stop;
  }
  return segments;
}

// Parts of segments with at most `most` tokens each, so that a call asks for few queries.
inline std::vector<TokenSegment> split(const std::vector<TokenSegment>& segments,
                                       std::size_t most) {
  std::vector<TokenSegment> parts;
  for (const TokenSegment& segment : segments)
    for (std::size_t done = 0; done < segment.tokens; done += most)
      parts.push_back({segment.panel, segment.lane + done, std::min(most, segment.tokens - done)});
  return parts;
}

inline const std::vector<Shape>& attention_shapes() {
  static const std::vector<Shape> shapes = [] {
    std::vector<Shape> list;
    for (const std::size_t head_size : {1, 2, 5, 6, 7, 17, 26, 32, 64})
      list.push_back({head_size, 21, 55, head_size});
    for (const std::size_t tokens : {1, 2, 3, 5, 6, 7, 8, 9, 15, 16, 17, 33, 63, 64, 65, 129})
      list.push_back({12, tokens, 13, 3});
    for (const std::size_t first_lane : {0, 1, 7, 8, 15, 16, 31, 48, 62, 63})
      list.push_back({10, 70, first_lane, 10});
    for (const std::size_t first_feature : {0, 1, 2, 3, 4, 5}) {
      list.push_back({1, 9, 3, first_feature});
      list.push_back({26, 9, 3, first_feature});
    }
    list.push_back({64, 384, 0, 64});
    list.push_back({32, 513, 5, 0});
    return list;
  }();
  return shapes;
}

}  // namespace filigree::kernels::testing
