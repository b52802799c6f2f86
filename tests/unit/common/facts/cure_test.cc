#include "common/facts/cure.h"

#include <gtest/gtest.h>

#include <iterator>

#include "common/facts/text.h"
#include "common/wire/codec.h"
#include "tests/unit/common/facts/all_details.h"

namespace sn {
namespace {

const Cure kResume(CureCode::resume, {.takeover = 1});
const Cure kMove(CureCode::move_node,
                 {.sn = "SN1P", .to = "SN2P", .nodes = {"cn001"}, .planned = true});

TEST(Cure, IsACommandToPaste) {
  EXPECT_EQ(text_of(kMove), "snctl takeover SN1P --to SN2P --nodes cn001 --planned");
  EXPECT_EQ(text_of(Cure(CureCode::move_node, {.sn = "SN1P", .nodes = {"cn001"}})),
            "snctl takeover SN1P --nodes cn001");
}

TEST(Cure, IsAStepAndThenTheCommand) {
  const Cure cure = Cure(CureCode::see_service_log).then(kResume);
  EXPECT_EQ(text_of(cure), "see the service's own log; then snctl resume T1");
  EXPECT_TRUE(cure.has(CureCode::resume));
  EXPECT_TRUE(cure.has_command());
  EXPECT_FALSE(Cure(CureCode::see_service_log).has_command());
  EXPECT_EQ(Cure().then(kResume), kResume);
}

TEST(Cure, EndsAfterAFewSteps) {
  Cure cure;
  for (size_t i = 0; i < 3 * kMaxCureSteps; ++i) cure = cure.then(Cure(CureCode::close_it));
  EXPECT_EQ(cure.steps(), kMaxCureSteps);
}

TEST(Cure, IsACommandIfItsWordsBeginWithOne) {
  for (const auto& [code, word] : Words<CureCode>::kAll) {
    EXPECT_EQ(is_command(code), template_of(code).starts_with("snctl ")) << word;
  }
}

TEST(Cure, OneStepOfItIsReplaced) {
  const Cure cure = Cure(CureCode::close_it).then(kResume);
  EXPECT_EQ(cure.replaced(kResume, kMove), Cure(CureCode::close_it).then(kMove));
  EXPECT_EQ(cure.replaced(Cure(CureCode::resume, {.takeover = 2}), kMove), cure)
      << "of another takeover";
  EXPECT_EQ(Cure().replaced(kResume, kMove), Cure());
}

TEST(Cure, NamesTheNodesItIsToldFor) {
  EXPECT_EQ(text_for(kMove, {"cn001", "cn002"}),
            "snctl takeover SN1P --to SN2P --nodes 'cn[001-002]' --planned");
}

TEST(Cure, NothingThatANodeSaysIsRunByAShell) {
  EXPECT_EQ(text_of(Cure(CureCode::clear_node, {.node = "cn001; reboot"})),
            "snctl clear 'cn001; reboot'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("cn[001-002]"), "'cn[001-002]'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Cure, EveryCodeCrossesTheWireAndHasWords) {
  for (size_t i = 1; i < std::size(Words<CureCode>::kAll); ++i) {
    const auto code = static_cast<CureCode>(i);
    const Cure cure(code, all_details());
    const auto read = wire::decode_cure(wire::encode_cure(cure.then(kResume)));
    ASSERT_TRUE(read) << to_string(code);
    EXPECT_EQ(*read, cure.then(kResume)) << to_string(code);
    const std::string text = text_of(cure);
    EXPECT_FALSE(text.empty()) << to_string(code);
    EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace sn
