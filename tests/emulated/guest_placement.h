// Where the kernel says that pages and threads are. Independent of what filigree asks it.
#pragma once

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace filigree::runtime {

// node -> how many pages of `memory` lie there.
inline std::map<int, std::size_t> pages_by_node(std::span<const std::byte> memory) {
  constexpr std::uintptr_t kPage = 4096;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory.data()) / kPage * kPage;
  std::map<int, std::size_t> pages;
  for (auto page = begin; page < begin + memory.size(); page += kPage) {
    void* address = reinterpret_cast<void*>(page);
    int status = -1;
    syscall(SYS_move_pages, 0, 1UL, &address, nullptr, &status, 0);
    ++pages[status];
  }
  return pages;
}

// policy -> node -> pages, of all memory of this process: "prefer:1" -> 1 -> 512.
inline std::map<std::string, std::map<int, std::size_t>> pages_by_policy() {
  std::map<std::string, std::map<int, std::size_t>> pages;
  std::ifstream maps("/proc/self/numa_maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string address, policy;
    words >> address >> policy;
    for (std::string word; words >> word;)
      if (word.size() > 3 && word[0] == 'N' && word[2] == '=')
        pages[policy][word[1] - '0'] += std::stoul(word.substr(3));
  }
  return pages;
}

struct ThreadPlace {
  std::string allowed;  // CPU list
  int last_cpu;         // where it ran last
};

// Of every thread of this process but the calling one.
inline std::vector<ThreadPlace> other_threads() {
  std::vector<ThreadPlace> places;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (task.path().filename() == std::to_string(getpid())) continue;
    ThreadPlace place{.allowed = "", .last_cpu = -1};
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("Cpus_allowed_list:")) place.allowed = line.substr(line.find('\t') + 1);
    std::ifstream stat(task.path() / "stat");
    std::string text;
    std::getline(stat, text);
    // After the name in parentheses, field 39 is the 37th.
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    for (int i = 0; i < 36; ++i) fields >> text;
    fields >> place.last_cpu;
    places.push_back(place);
  }
  return places;
}

// The CPUs that the calling thread may use, for as long as this object lives.
class BoundTo {
 public:
  explicit BoundTo(std::initializer_list<int> cpus) {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : cpus) CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  ~BoundTo() { sched_setaffinity(0, sizeof before_, &before_); }
  BoundTo(const BoundTo&) = delete;
  BoundTo& operator=(const BoundTo&) = delete;

 private:
  cpu_set_t before_;
};

}  // namespace filigree::runtime
