// What a fact or a cure says to people, for EXPECT_THAT(finding.reason, Says(HasSubstr("/usr"))).
#pragma once

#include <gmock/gmock.h>

#include "common/facts/cure.h"
#include "common/facts/fact.h"

namespace sn {

MATCHER_P(Says, words, "") {
  return testing::ExplainMatchResult(words, text_of(arg), result_listener);
}

}  // namespace sn
