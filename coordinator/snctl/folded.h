// What is said of many nodes, said once: who is not fine, and why, with what to do about it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/facts/cure.h"

namespace sn::coordinator {

// What is said of one node.
struct Row {
  std::string text;
  std::vector<Cure> cures = {};
  // The worst comes first.
  uint32_t weight = 0;
  // An older takeover was to move the node, and did not: many of them are `--rest` of the command.
  bool left_over = false;
};

// Rows, each said once with a folded list of the nodes of which it is said.
class Folded {
 public:
  // Cures that differ only in naming the node itself are one cure, with the list of the nodes.
  void add(const std::string& node, Row row);
  void add(const std::string& node, const std::string& text, const Cure& cure) {
    Row row{.text = text};
    if (!cure.empty()) row.cures.push_back(cure);
    add(node, std::move(row));
  }
  [[nodiscard]] bool empty() const { return groups_.empty(); }
  struct Entry {
    std::vector<std::string> nodes;
    std::string text;
    std::vector<Cure> cures;  // naming all of the nodes
  };
  // The heaviest first, then in the order of the first node added.
  [[nodiscard]] std::vector<Entry> entries() const;

 private:
  struct Group {
    std::vector<std::string> nodes;
    Row row;
  };
  std::vector<Group> groups_;
  // By the text, and the cures as they read for a node without a name.
  std::map<std::pair<std::string, std::string>, size_t> places_;
};

}  // namespace sn::coordinator
