// Collects the changes to one text and hands them out in the order and form apply_edits wants.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/references/edits.h"
#include "agent/references/lines.h"

namespace sn::agent {

// Offsets are those of the text given to the constructor, which must outlive the list.
class EditList {
 public:
  explicit EditList(std::string_view text);

  void replace(size_t offset, size_t size, std::string_view after);
  // Of two insertions at one place the first call's comes first.
  void insert(size_t offset, std::string_view after);
  void erase(size_t begin, size_t end);
  // As erase; what is left of the lines touched goes too if it is blank, with the line end.
  void erase_with_blank_lines(size_t begin, size_t end);

  // 1-based number of the line that `offset` lies in.
  [[nodiscard]] uint32_t line_at(size_t offset) const;

  // Sorted and without overlap: what lies in something erased is gone with it.
  [[nodiscard]] std::vector<Edit> take();

 private:
  struct Change {
    size_t begin = 0;
    size_t end = 0;
    std::string after;
  };

  std::string_view text_;
  std::vector<size_t> line_starts_;
  std::vector<Change> changes_;
};

}  // namespace sn::agent
