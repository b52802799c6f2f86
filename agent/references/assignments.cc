#include "agent/references/assignments.h"

namespace sn::agent {

namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

class Reader {
 public:
  Reader(std::string_view path, std::string_view text) : path_(path), text_(text) {}

  Result<std::vector<Assignment>> read() {
    std::vector<Assignment> assignments;
    bool command = false;  // arguments of a command are no assignments
    while (at_ < text_.size()) {
      const size_t gap = gap_size();
      if (gap > 0) {
        step(gap);
      } else if (text_[at_] == '\n' || text_[at_] == ';') {
        command = false;
        step(1);
      } else if (text_[at_] == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else {
        Assignment word;
        const size_t start = at_;
        word.line = line_;
        word.name = name_before_equals();
        if (!word.name.empty()) step(word.name.size() + 1);
        word.begin = at_;
        if (auto ok = read_word(word.value); !ok) return tl::unexpected(ok.error());
        word.end = at_;
        if (word.name.empty()) {
          command = command || text_.substr(start, at_ - start) != "export";
        } else if (!command) {
          assignments.push_back(std::move(word));
        }
      }
    }
    return assignments;
  }

 private:
  // Blanks, and a line end that a backslash joins to the next line.
  [[nodiscard]] size_t gap_size() const {
    const char c = text_[at_];
    return is_blank(c) || (c == '\r' && text_.substr(at_ + 1, 1) == "\n") ? 1 : joint_size();
  }

  [[nodiscard]] size_t joint_size() const {
    if (text_.substr(at_, 2) == "\\\n") return 2;
    return text_.substr(at_, 3) == "\\\r\n" ? 3 : 0;
  }

  [[nodiscard]] std::string_view name_before_equals() const {
    size_t end = at_;
    if (!is_name_start(text_[end])) return {};
    while (end < text_.size() && is_name_part(text_[end])) ++end;
    return end < text_.size() && text_[end] == '=' ? text_.substr(at_, end - at_)
                                                   : std::string_view{};
  }

  Status read_word(ShellValue& value) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const size_t joint = joint_size();
      if (joint > 0) {
        step(joint);
      } else if (gap_size() > 0 || c == '\n' || c == ';') {
        break;
      } else if (c == '"' || c == '\'') {
        if (auto ok = read_quoted(c, value); !ok) return ok;
      } else {
        take(value, c == '\\' && at_ + 1 < text_.size(), false);
      }
    }
    return {};
  }

  Status read_quoted(char quote, ShellValue& value) {
    const uint32_t opened = line_;
    step(1);
    while (at_ < text_.size() && text_[at_] != quote) {
      const size_t joint = quote == '"' ? joint_size() : 0;
      if (joint > 0) {
        step(joint);
        continue;
      }
      const bool escaped =
          quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
          std::string_view("\"\\$`").find(text_[at_ + 1]) != std::string_view::npos;
      take(value, escaped, true);
    }
    if (at_ == text_.size()) {
      return fail(ErrorClass::corrupt, "reading", place_of(path_, opened),
                  Fact(FactCode::not_understood, {}, Fact(FactCode::quote_not_closed)),
                  Cure(CureCode::close_it));
    }
    step(1);
    return {};
  }

  void take(ShellValue& value, bool escaped, bool quoted) {
    const size_t size = escaped ? 2 : 1;
    value.add(text_[at_ + size - 1], at_, at_ + size, quoted);
    step(size);
  }

  void step(size_t count) {
    for (; count > 0; --count) line_ += text_[at_++] == '\n' ? 1 : 0;
  }

  std::string_view path_;
  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
};

}  // namespace

std::vector<ShellValue::Piece> ShellValue::pieces(size_t begin, size_t end) const {
  std::vector<Piece> pieces;
  for (size_t i = begin; i < end; ++i) {
    if (!pieces.empty() && pieces.back().end == places_[i].begin) {
      pieces.back().end = places_[i].end;
    } else {
      pieces.push_back({places_[i].begin, places_[i].end});
    }
  }
  return pieces;
}

Result<std::vector<Assignment>> assignments_of(std::string_view path, std::string_view text) {
  return Reader(path, text).read();
}

}  // namespace sn::agent
