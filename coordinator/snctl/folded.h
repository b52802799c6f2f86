// What is said of many nodes, said once: who is not fine, and why, with one cure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/facts/cure.h"

namespace sn::coordinator {

// Things said of nodes, each said once with a folded list of those it is said of.
class Folded {
 public:
  // Cures that differ only in naming the node itself are one cure, with the list of the nodes.
  void add(const std::string& node, const std::string& text, const Cure& cure);
  [[nodiscard]] bool empty() const { return groups_.empty(); }
  struct Entry {
    std::vector<std::string> nodes;
    std::string text;
    std::string cure;
  };
  // In the order of the first node added.
  [[nodiscard]] std::vector<Entry> entries() const;

 private:
  struct Group {
    std::vector<std::string> nodes;
    std::string text;
    Cure cure;
  };
  std::vector<Group> groups_;
  // By the text, and the cure as it reads for a node without a name.
  std::map<std::pair<std::string, std::string>, size_t> places_;
};

}  // namespace sn::coordinator
