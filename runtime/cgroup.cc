#include "runtime/cgroup.h"

#include <charconv>
#include <string_view>

#include "runtime/small_file.h"

namespace filigree::runtime {
namespace {

namespace fs = std::filesystem;

// A cgroup file system: the group `group_root` of the hierarchy is visible at `mount_point`.
struct Mount {
  fs::path mount_point;
  fs::path group_root;
  bool v2;
  std::string options;  // of version 1: the controllers, separated by commas
};

// mountinfo writes space, tab, newline and backslash as \ooo.
std::string without_octal_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    int value = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 4], value, 8).ptr == &text[i + 4]) {
      plain += static_cast<char>(value);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool lists(std::string_view comma_separated, std::string_view wanted) {
  for (const std::string_view part : split(comma_separated, ','))
    if (part == wanted) return true;
  return false;
}

// A line is: id parent device root mount_point options [optional fields] - type source
// super_options
std::vector<Mount> cgroup_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const std::vector<std::string_view> place = split(line.substr(0, dash), ' ');
    const std::vector<std::string_view> system = split(line.substr(dash + 3), ' ');
    if (place.size() < 6 || system.size() < 3) continue;
    if (system[0] != "cgroup" && system[0] != "cgroup2") continue;
    mounts.push_back({without_octal_escapes(place[4]), without_octal_escapes(place[3]),
                      system[0] == "cgroup2", std::string(system[2])});
  }
  return mounts;
}

// The folders of a group and its ancestors, innermost first, ending with the mount point. A group
// outside of what is mounted (a container that sees its host's paths) is looked for at the mount
// point.
std::vector<fs::path> group_folders(const Mount& mount, const fs::path& group) {
  const fs::path inside = group.lexically_normal().lexically_relative(mount.group_root);
  std::vector<fs::path> folders;
  if (!inside.empty() && *inside.begin() != "..") {
    for (fs::path part = inside; !part.empty() && part != "."; part = part.parent_path())
      folders.push_back(mount.mount_point / part);
  }
  folders.push_back(mount.mount_point);
  return folders;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class Reader {
 public:
  explicit Reader(const fs::path& root) : root_(root) {}

  CgroupLimits read() {
    const auto groups = read_small_file(root_ / "proc/self/cgroup");
    const auto mountinfo = read_small_file(root_ / "proc/self/mountinfo");
    if (!groups || !mountinfo) {
      limits_.notes.push_back(
          "/proc/self/cgroup or /proc/self/mountinfo cannot be read, so no quota is known");
      return limits_;
    }
    const std::vector<Mount> mounts = cgroup_mounts(*mountinfo);
    for (const std::string_view line : split(*groups, '\n'))
      if (!line.empty()) read_group(line, mounts);
    return limits_;
  }

 private:
  // A line is: hierarchy:controllers:path, with hierarchy 0 and no controllers for version 2.
  void read_group(std::string_view line, const std::vector<Mount>& mounts) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) {
      note("/proc/self/cgroup", line, "hierarchy:controllers:path");
      return;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const fs::path group(line.substr(second + 1));
    for (const Mount& mount : mounts) {
      if (mount.v2 && controllers.empty()) {
        read_v2(group_folders(mount, group));
      } else if (!mount.v2) {
        const std::vector<fs::path> folders = group_folders(mount, group);
        if (lists(controllers, "cpu") && lists(mount.options, "cpu")) read_v1_quota(folders);
        if (lists(controllers, "cpuset") && lists(mount.options, "cpuset"))
          read_cpuset(folders, {"cpuset.effective_cpus", "cpuset.cpus"});
      }
    }
  }

  void read_v2(const std::vector<fs::path>& folders) {
    for (const fs::path& folder : folders) {
      const fs::path file = folder / "cpu.max";
      const auto text = read_small_file(on_disk(file));
      if (!text) continue;  // the root group has none
      const std::vector<std::string_view> words = split(*text, ' ');
      if (words[0] == "max" || words[0] == "max\n") continue;
      const auto quota = parse_integer(words[0]);
      const auto period = words.size() == 2 ? parse_integer(words[1]) : std::nullopt;
      if (!quota || !period || *quota <= 0 || *period <= 0) {
        note(file, *text, "'max' or a quota and a period in microseconds");
        continue;
      }
      take_quota(file, *quota, *period);
    }
    read_cpuset(folders, {"cpuset.cpus.effective"});
  }

  void read_v1_quota(const std::vector<fs::path>& folders) {
    for (const fs::path& folder : folders) {
      const fs::path quota_file = folder / "cpu.cfs_quota_us";
      const fs::path period_file = folder / "cpu.cfs_period_us";
      const auto quota_text = read_small_file(on_disk(quota_file));
      if (!quota_text) continue;
      const auto quota = parse_integer(*quota_text);
      if (!quota || *quota < -1) {
        note(quota_file, *quota_text, "-1 or microseconds");
        continue;
      }
      if (*quota <= 0) continue;  // -1, and 0 on systems without quota: no limit
      const auto period_text = read_small_file(on_disk(period_file));
      const auto period = period_text ? parse_integer(*period_text) : std::nullopt;
      if (!period || *period <= 0) {
        note(period_file, period_text.value_or(""), "microseconds");
        continue;
      }
      take_quota(quota_file, *quota, *period);
    }
  }

  // The innermost folder that has one of the files; the kernel keeps it within those of its
  // ancestors.
  void read_cpuset(const std::vector<fs::path>& folders, const std::vector<std::string>& names) {
    for (const fs::path& folder : folders) {
      for (const std::string& name : names) {
        const fs::path file = folder / name;
        const auto text = read_small_file(on_disk(file));
        if (!text) continue;
        const auto cpus = parse_cpu_list(*text);
        if (!cpus) {
          note(file, *text, "a list of CPUs");
        } else if (!cpus->empty()) {  // empty: not set, inherited
          limits_.cpuset = limits_.cpuset ? intersection(*limits_.cpuset, *cpus) : *cpus;
          if (limits_.cpuset->empty()) limits_.cpuset.reset();
          limits_.cpuset_file = file.string();
          return;
        }
      }
    }
  }

  void take_quota(const fs::path& file, std::int64_t quota, std::int64_t period) {
    const double cpus = static_cast<double>(quota) / static_cast<double>(period);
    if (limits_.quota_cpus && *limits_.quota_cpus <= cpus) return;
    limits_.quota_cpus = cpus;
    limits_.quota_file = file.string();
  }

  void note(const fs::path& file, std::string_view found, std::string_view expected) {
    limits_.notes.push_back(file.string() + ": found " + excerpt(found) + ", expected " +
                            std::string(expected) + "; ignored");
  }

  fs::path on_disk(const fs::path& absolute) const { return root_ / absolute.relative_path(); }

  fs::path root_;
  CgroupLimits limits_;
};

}  // namespace

CgroupLimits read_cgroup_limits(const fs::path& root) { return Reader(root).read(); }

}  // namespace filigree::runtime
