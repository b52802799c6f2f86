// What an administrator does about something: one command that can be pasted, or something to do at
// a place, and then perhaps the command. A closed list of codes (cure_list.h) with typed
// parameters; the text is made where it is read (text.h). A parameter that a shell would take apart
// is quoted there.
//
// Immutable and shared: a copy costs a counter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/facts/cure_list.h"
#include "common/facts/details.h"
#include "common/facts/words.h"

namespace sn {

enum class CureCode : uint16_t {
  none,
#define SN_CURE(code, text) code,
  SN_CURES(SN_CURE)
#undef SN_CURE
};
// The code as it is sent and stored: its own name.
template <>
struct Words<CureCode> {
  static constexpr Word<CureCode> kAll[] = {{CureCode::none, "none"},
#define SN_CURE(code, text) {CureCode::code, #code},
                                            SN_CURES(SN_CURE)
#undef SN_CURE
  };
};

// A step and its command; a third would be a page of a manual.
inline constexpr size_t kMaxCureSteps = 3;

class Cure {
 public:
  Cure() = default;  // none is known
  explicit Cure(CureCode code, Details with = {});
  // Of this program's own use and configuration, told where it is typed: never sent by a node.
  static Cure own_words(std::string said);
  Cure(std::string said) : Cure(own_words(std::move(said))) {}    // NOLINT(*-explicit-*)
  Cure(const char* said) : Cure(own_words(std::string(said))) {}  // NOLINT(*-explicit-*)
  // First this one, then `next`.
  [[nodiscard]] Cure then(Cure next) const;

  [[nodiscard]] CureCode code() const;
  [[nodiscard]] const Details& with() const;
  [[nodiscard]] const Cure& next() const;
  [[nodiscard]] size_t steps() const;
  [[nodiscard]] bool empty() const { return body_ == nullptr; }
  // It, or what follows it, is this.
  [[nodiscard]] bool has(CureCode code) const;
  // It, or what follows it, is a command of snctl.
  [[nodiscard]] bool has_command() const;
  // The same cure with every `from` of its steps replaced.
  [[nodiscard]] Cure replaced(const Cure& from, const Cure& by) const;
  void clear() { body_.reset(); }

  bool operator==(const Cure& other) const;

 private:
  struct Body;
  Cure(CureCode code, Details with, Cure next);
  template <class V>
  friend void fields(V& v, Cure& m);
  std::shared_ptr<const Body> body_;
};

// Its words begin with a command to paste (SN_COMMAND_CURES).
[[nodiscard]] bool is_command(CureCode code);
// One of those that a node names itself (SN_AGENT_CURES).
[[nodiscard]] bool is_of_a_node(CureCode code);

// For people (text.h).
[[nodiscard]] std::string text_of(const Cure& cure);

// One list for the wire, JSON and the store. The words are written for people only, and never read.
template <class V>
void fields(V& v, Cure& m) {
  CureCode code = m.code();
  Details with = m.with();
  Cure next = m.next();
  v("code", code);
  if (v.with_text()) {
    std::string text = text_of(m);
    v("text", text);
  }
  fields(v, with);
  v.optional("then", next);
  if (v.reads()) m = code == CureCode::none ? Cure() : Cure(code, std::move(with), std::move(next));
}

}  // namespace sn
