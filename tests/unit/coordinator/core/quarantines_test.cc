// Nodes that can't be right any more, and snctl clear.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Quarantine, ANodeIsHeldUntilItIsCleared) {
  World world(2);
  world.connect_each({"cn001", "cn002"});
  world.takeover();
  world.told();
  world.from("cn001",
             wire::Quarantine{"its journal can't be read", "look at /run/snagent/journal"});
  EXPECT_EQ(world.present("cn001").state, AssignmentState::held);
  EXPECT_THAT(text_of(world.present("cn001").cure), HasSubstr("snctl clear cn001"));
  world.verify("cn002");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
  EXPECT_EQ(world.exit_code(1), 5);
  // Still wrong.
  world.command(ClearNodeCommand{"cn001", "root"}, 4);
  world.from("cn001", wire::Quarantine{"its journal can't be read", "look at it"});
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason),
              HasSubstr("stays in quarantine"));
  EXPECT_THAT(world.told(), IsEmpty());
  // Mended.
  world.command(ClearNodeCommand{"cn001", "root"}, 4);
  world.from("cn001", wire::Quarantine{});
  EXPECT_THAT(world.last_answer<DoneAnswer>()->text, HasSubstr("out of quarantine"));
  EXPECT_THAT(world.told(), ElementsAre("cn001"));
  world.verify("cn001");
  EXPECT_EQ(world.present("cn001").verdict, Verdict::verified);
}

TEST(Quarantine, ANodeThatIsInItAlreadyIsHeldAtOnce) {
  World world(2);
  auto hello = world.hello_of("cn001", {{"SN1P", 9}});
  hello.quarantine.push_back({"its journal can't be read", "look at it"});
  world.from("cn001", hello);
  world.connect("cn002");
  world.takeover();
  EXPECT_THAT(world.told(), ElementsAre("cn002"));
  EXPECT_EQ(world.present("cn001").verdict, Verdict::held);
  world.verify("cn002");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
}

TEST(Quarantine, AClearedNodeDoesNotOvertakeItsWave) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover_one_by_one();
  world.from("cn003", wire::Quarantine{"a mount is neither", ""});
  ASSERT_EQ(world.present("cn003").state, AssignmentState::held);
  world.told();
  world.command(ClearNodeCommand{"cn003", "root"}, 4);
  world.from("cn003", wire::Quarantine{});
  EXPECT_EQ(world.present("cn003").state, AssignmentState::queued);
  EXPECT_THAT(world.told(), IsEmpty());
  world.verify("cn001");
  world.verify("cn002");
  world.verify("cn003");
  EXPECT_EQ(world.state_.takeovers.at(1).state, TakeoverState::finished);
  EXPECT_EQ(world.exit_code(1), 0);
}

// Its hello says that it is in none: nobody cleared it.
TEST(Quarantine, ANodeThatARebootTookOutOfItHasItsTurn) {
  World world(3);
  world.connect_each({"cn001", "cn002", "cn003"});
  world.takeover_one_by_one();
  world.from("cn003", wire::Quarantine{"a mount is neither", ""});
  ASSERT_EQ(world.present("cn003").state, AssignmentState::held);
  auto hello = world.hello_of("cn003", {{"SN1P", 9}});
  hello.boot_id = "another boot";
  world.from("cn003", hello);
  world.told();
  world.verify("cn001");
  world.verify("cn002");
  EXPECT_THAT(world.told(), ElementsAre("cn002", "cn003"));
}

TEST(Quarantine, ClearOfANodeThatDoesNotAnswerEnds) {
  World world(2);
  world.connect("cn001");
  world.from("cn001", wire::Quarantine{"a mount is neither", ""});
  world.command(ClearNodeCommand{"cn001", "root"}, 4);
  world.advance(21'000);
  EXPECT_EQ(world.replies_.back().client, 4U);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason),
              HasSubstr("has not answered for 20 s"));
  world.command(ClearNodeCommand{"cn002", "root"}, 4);
  EXPECT_THAT(text_of(world.last_answer<RefusalAnswer>()->reason), HasSubstr("not connected"));
}

}  // namespace
}  // namespace sn::coordinator
