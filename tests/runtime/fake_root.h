// A folder that stands for "/" with the files of /proc and /sys that a test wants.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace filigree::runtime {

class FakeRoot {
 public:
  FakeRoot() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "filigree-root-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~FakeRoot() { std::filesystem::remove_all(path_); }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  const std::filesystem::path& path() const { return path_; }

  FakeRoot& file(const std::string& absolute, const std::string& content) {
    const std::filesystem::path file = path_ / absolute.substr(1);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
    return *this;
  }

  // The cgroup v2 hierarchy at /sys/fs/cgroup, and this process in `group`.
  FakeRoot& cgroup_v2(const std::string& group, const std::string& mount_root = "/") {
    file("/proc/self/cgroup", "0::" + group + "\n");
    return file("/proc/self/mountinfo",
                "22 1 0:20 / / rw - ext4 /dev/sda1 rw\n"
                "30 22 0:26 " +
                    mount_root + " /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
  }

  // Version 1 with cpu and cpuset in hierarchies of their own.
  FakeRoot& cgroup_v1(const std::string& group, const std::string& mount_root = "/") {
    file("/proc/self/cgroup",
         "5:cpuset:" + group + "\n4:cpu,cpuacct:" + group + "\n1:name=systemd:/\n");
    return file("/proc/self/mountinfo",
                "31 30 0:27 " + mount_root +
                    " /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                    "32 30 0:28 " +
                    mount_root + " /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n");
  }

  // The files of tests/data/topologies/NAME: lines of "/path = content". A path with {a-b}, or
  // {a-b/step}, is one file for each number, which is {} in the content, {+k} and {-k} what lies k
  // from it.
  FakeRoot& manifest(const std::string& name) {
    std::ifstream lines(FILIGREE_SOURCE_DIR "/tests/data/topologies/" + name);
    if (!lines) throw std::runtime_error("no manifest " + name);
    for (std::string line; std::getline(lines, line);) {
      if (line.empty() || line.starts_with('#')) continue;
      const std::size_t equals = line.find(" =");
      add_line(line.substr(0, equals), line.substr(std::min(line.size(), equals + 3)));
    }
    return *this;
  }

  // CPU `cpu` shares its core with `siblings`, itself among them.
  FakeRoot& cpu(int cpu, const std::string& siblings) {
    return file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/core_cpus_list",
                siblings + "\n");
  }

  FakeRoot& node(int node, const std::string& cpus) {
    return file("/sys/devices/system/node/node" + std::to_string(node) + "/cpulist", cpus + "\n");
  }

 private:
  void add_line(const std::string& path, const std::string& content) {
    int first = 0;
    int last = 0;
    int step = 1;
    const std::size_t brace = path.find('{');
    if (brace == std::string::npos) {
      file(path, content + "\n");
      return;
    }
    std::sscanf(path.c_str() + brace, "{%d-%d/%d}", &first, &last, &step);
    const std::size_t rest = path.find('}', brace) + 1;
    for (int number = first; number <= last; number += step)
      file(path.substr(0, brace) + std::to_string(number) + path.substr(rest),
           filled(content, number) + "\n");
  }

  static std::string filled(std::string content, int number) {
    for (std::size_t open; (open = content.find('{')) != std::string::npos;) {
      const std::size_t close = content.find('}', open);
      const std::string offset = content.substr(open + 1, close - open - 1);
      const int value = number + (offset.empty() ? 0 : std::stoi(offset));
      content.replace(open, close - open + 1, std::to_string(value));
    }
    return content;
  }

  std::filesystem::path path_;
};

}  // namespace filigree::runtime
