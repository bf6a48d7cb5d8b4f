#include "kernels/internal/groups_i8.h"

#include <utility>

namespace filigree::kernels {
namespace {

// Largest sum of magnitudes among the two pairs of a quad.
std::int32_t magnitude(const Quad& quad) {
  return std::max(std::abs(quad.weights[0]) + std::abs(quad.weights[1]),
                  std::abs(quad.weights[2]) + std::abs(quad.weights[3]));
}

// Whether the pairs of products of two quads can be added in int16 for all inputs: 255 * 128 fits.
bool fit_int16_together(const Quad& a, const Quad& b) {
  for (int pair = 0; pair < 4; pair += 2) {
    std::int32_t positive = 0;
    std::int32_t negative = 0;
    for (const std::int32_t weight :
         {a.weights[pair], a.weights[pair + 1], b.weights[pair], b.weights[pair + 1]})
      (weight > 0 ? positive : negative) += std::abs(weight);
    if (positive > 128 || negative > 128) return false;
  }
  return true;
}

}  // namespace

std::size_t pair_up(std::vector<Group>& groups) {
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return magnitude(a.quad) > magnitude(b.quad);
  });
  std::vector<Group> pairs;
  std::vector<Group> singles;
  std::size_t last = groups.size();
  for (std::size_t first = 0; first < last; ++first) {
    if (first + 1 < last && fit_int16_together(groups[first].quad, groups[last - 1].quad))
      pairs.insert(pairs.end(), {groups[first], groups[--last]});
    else
      singles.push_back(groups[first]);
  }
  const std::size_t count = pairs.size() / 2;
  groups = std::move(pairs);
  groups.insert(groups.end(), singles.begin(), singles.end());
  return count;
}

GroupCounts count_groups(std::span<const std::int16_t> row) {
  GroupCounts counts;
  std::vector<Group> groups;
  for (std::size_t col = 0; col < row.size(); col += 4) {
    Quad rest = quad_at(row, col);
    if (!rest.is_zero()) ++counts.groups_1x4;
    while (!rest.is_zero()) groups.push_back({col, take_exact_part(rest)});
  }
  counts.split = groups.size() - counts.groups_1x4;
  counts.pairs = pair_up(groups);
  return counts;
}

}  // namespace filigree::kernels
