#include "common/facts/cure.h"

#include "common/facts/text.h"

namespace sn {

namespace {

const Details kNoDetails;
const Cure kNoCure;

}  // namespace

struct Cure::Body {
  CureCode code = CureCode::none;
  Details with;
  Cure next;
};

Cure::Cure(CureCode code, Details with) : Cure(code, std::move(with), Cure()) {}

Cure::Cure(CureCode code, Details with, Cure next) {
  if (code == CureCode::none) return;
  // Nobody follows more, whoever names them: a decoder comes by here, too.
  if (next.steps() >= kMaxCureSteps) next.clear();
  body_ = std::make_shared<const Body>(Body{code, std::move(with), std::move(next)});
}

Cure Cure::own_words(std::string said) {
  if (said.empty()) return {};
  Details with;
  with.said = std::move(said);
  return Cure(CureCode::own_words, std::move(with));
}

Cure Cure::then(Cure next) const {
  if (empty()) return next;
  if (steps() >= kMaxCureSteps) return *this;
  return Cure(code(), with(), this->next().then(std::move(next)));
}

size_t Cure::steps() const { return empty() ? 0 : 1 + next().steps(); }

CureCode Cure::code() const { return body_ ? body_->code : CureCode::none; }
const Details& Cure::with() const { return body_ ? body_->with : kNoDetails; }
const Cure& Cure::next() const { return body_ ? body_->next : kNoCure; }

bool Cure::has(CureCode wanted) const {
  return !empty() && (code() == wanted || next().has(wanted));
}

bool Cure::has_command() const { return !empty() && (is_command(code()) || next().has_command()); }

Cure Cure::replaced(const Cure& from, const Cure& by) const {
  if (empty()) return {};
  const Cure rest = next().replaced(from, by);
  const bool same = code() == from.code() && with() == from.with();
  return same ? by.then(rest) : Cure(code(), with(), rest);
}

bool Cure::operator==(const Cure& other) const {
  if (body_ == other.body_) return true;
  if (body_ == nullptr || other.body_ == nullptr) return false;
  return body_->code == other.body_->code && body_->with == other.body_->with &&
         body_->next == other.body_->next;
}

bool is_command(CureCode code) {
  switch (code) {
#define SN_CURE(code, text) case CureCode::code:
    SN_COMMAND_CURES(SN_CURE)
#undef SN_CURE
    return true;
    default:
      return false;
  }
}

bool is_of_a_node(CureCode code) {
  switch (code) {
#define SN_CURE(code, text) case CureCode::code:
    SN_AGENT_CURES(SN_CURE)
#undef SN_CURE
    return true;
    default:
      return false;
  }
}

}  // namespace sn
