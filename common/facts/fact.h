// What is so, as a value that programs compare and people read: why a node has its verdict, what it
// is at, why a command was refused, why a takeover was stopped. A closed list of codes
// (fact_list.h), each with typed parameters; the text is made where it is read (text.h) and no
// decision looks at it.
//
// Immutable and shared: a copy costs a counter.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/facts/details.h"
#include "common/facts/fact_list.h"
#include "common/facts/words.h"

namespace sn {

enum class FactCode : uint16_t {
  none,
#define SN_FACT(code, text) code,
  SN_FACTS(SN_FACT)
#undef SN_FACT
};
// The code as it is sent and stored: its own name.
template <>
struct Words<FactCode> {
  static constexpr Word<FactCode> kAll[] = {{FactCode::none, "none"},
#define SN_FACT(code, text) {FactCode::code, #code},
                                            SN_FACTS(SN_FACT)
#undef SN_FACT
  };
};

// A fact may tell of another one, that of a third: a takeover that stopped because a canary ended
// badly because a mount is of the old server. What goes deeper is left out.
inline constexpr size_t kMaxFactDepth = 8;

class Fact {
 public:
  Fact() = default;  // none
  explicit Fact(FactCode code, Details with = {}) : Fact(code, std::move(with), Fact()) {}
  // `because`: the fact that this one tells of, for codes that name {because}.
  Fact(FactCode code, Details with, Fact because);
  // What has no code because somebody else says it: a service, the kernel, a library. Shown, never
  // compared. Empty words are no fact.
  static Fact own_words(std::string said);
  Fact(std::string said) : Fact(own_words(std::move(said))) {}    // NOLINT(*-explicit-*)
  Fact(const char* said) : Fact(own_words(std::string(said))) {}  // NOLINT(*-explicit-*)

  [[nodiscard]] FactCode code() const;
  [[nodiscard]] const Details& with() const;
  [[nodiscard]] const Fact& because() const;
  [[nodiscard]] bool empty() const { return body_ == nullptr; }
  [[nodiscard]] bool is(FactCode code) const { return this->code() == code; }
  void clear() { body_.reset(); }

  bool operator==(const Fact& other) const;

 private:
  struct Body;
  std::shared_ptr<const Body> body_;
};

// For people (text.h).
[[nodiscard]] std::string text_of(const Fact& fact);

// One list for the wire, JSON and the store. The words are written for people only, and never read.
template <class V>
void fields(V& v, Fact& m) {
  FactCode code = m.code();
  Details with = m.with();
  Fact because = m.because();
  v("code", code);
  if (v.with_text()) {
    std::string text = text_of(m);
    v("text", text);
  }
  fields(v, with);
  v.optional("because", because);
  if (v.reads())
    m = code == FactCode::none ? Fact() : Fact(code, std::move(with), std::move(because));
}

}  // namespace sn
