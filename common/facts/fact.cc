#include "common/facts/fact.h"

namespace sn {

namespace {

const Details kNoDetails;
const Fact kNoFact;

}  // namespace

struct Fact::Body {
  FactCode code = FactCode::none;
  Details with;
  Fact because;
  size_t depth = 1;
};

Fact::Fact(FactCode code, Details with, Fact because) {
  if (code == FactCode::none) return;
  const size_t below = because.body_ ? because.body_->depth : 0;
  if (below >= kMaxFactDepth) because.clear();
  body_ = std::make_shared<const Body>(
      Body{code, std::move(with), std::move(because), below % kMaxFactDepth + 1});
}

Fact Fact::own_words(std::string said) {
  if (said.empty()) return {};
  Details with;
  with.said = std::move(said);
  return Fact(FactCode::own_words, std::move(with));
}

FactCode Fact::code() const { return body_ ? body_->code : FactCode::none; }
const Details& Fact::with() const { return body_ ? body_->with : kNoDetails; }
const Fact& Fact::because() const { return body_ ? body_->because : kNoFact; }

bool Fact::operator==(const Fact& other) const {
  if (body_ == other.body_) return true;
  if (body_ == nullptr || other.body_ == nullptr) return false;
  return body_->code == other.body_->code && body_->with == other.body_->with &&
         body_->because == other.body_->because;
}

}  // namespace sn
