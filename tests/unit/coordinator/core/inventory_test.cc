// The inventory changes while the coordinator runs.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

using testing::IsEmpty;

TEST(Inventory, ANodeThatIsAddedIsKnownAtOnce) {
  World world;
  world.command(AddKeyCommand{"cn009", key_of("cn009")});
  EXPECT_EQ(world.last_answer<RefusalAnswer>()->exit_code, 3);
  world.cluster_.nodes["cn009"] = {"SN1P", "SN2P"};
  world.read_inventory();
  world.command(AddKeyCommand{"cn009", key_of("cn009")});
  world.connect("cn009");
  world.takeover();
  world.verify("cn009");
  EXPECT_EQ(world.node("cn009").service_node(), "SN2P");
  EXPECT_EQ(world.present("cn009").verdict, Verdict::verified);
}

TEST(Inventory, NeverMovesANode) {
  World world;
  world.connect_each({"cn001", "cn002", "cn003"});
  auto typed = world.takeover_of("SN1P");
  typed.nodes = {"cn001"};
  world.begin(typed);
  world.told();
  for (auto& [node, service_nodes] : world.cluster_.nodes) service_nodes = {"SN3P", "SN1P"};
  world.read_inventory();
  world.connect_each({"cn002", "cn003"});
  world.advance(60'000);
  EXPECT_EQ(world.node("cn001").service_node(), "SN2P");
  // What no takeover decided follows the inventory, and nothing is sent for it.
  EXPECT_EQ(world.node("cn002").service_node(), "SN3P");
  for (const auto& node : world.told()) EXPECT_EQ(node, "cn001");
}

TEST(Inventory, DropsWhoLeftItAndWasNeverMoved) {
  World world;
  world.connect_each({"cn001", "cn002"});
  auto typed = world.takeover_of("SN1P");
  typed.nodes = {"cn001"};
  world.begin(typed);
  world.cluster_.nodes.erase("cn001");
  world.cluster_.nodes.erase("cn002");
  world.read_inventory();
  EXPECT_TRUE(world.state_.nodes.contains("cn001"));
  EXPECT_FALSE(world.state_.nodes.contains("cn002"));
  // It may be there still, and says so.
  world.connect("cn002");
  world.busy("cn002", {});
  world.verify("cn001");
  EXPECT_EQ(world.present("cn001").verdict, Verdict::verified);
  world.command(StatusCommand{});
  EXPECT_EQ(world.last_answer<StatusAnswer>()->nodes.size(), 2U);
}

// What a takeover found and said of a node does not change with the inventory.
TEST(Inventory, LeavesWhatIsOnRecordAsItWas) {
  World world(2);
  world.cluster_.nodes["cn001"] = world.cluster_.nodes["cn002"] = {"SN1P"};  // no backup
  world.cluster_.nodes["cn003"] = {"SN1P", "SN2P"};
  world.read_inventory();
  world.takeover();
  world.cluster_.nodes.erase("cn001");
  world.cluster_.nodes["cn002"] = {"SN3P", "SN2P"};
  world.read_inventory();
  EXPECT_EQ(find_node(world.state_, "cn001"), nullptr);
  EXPECT_EQ(world.node("cn002").service_node(), "SN3P");
  for (const char* node : {"cn001", "cn002"}) {
    EXPECT_EQ(world.part(1, node).verdict, Verdict::blocked) << node;
    EXPECT_EQ(world.node(node).service_node_before(world.part(1, node)), "SN1P") << node;
  }
  // Listed again it belongs where the inventory says, over a restart too.
  world.cluster_.nodes["cn001"] = {"SN2P", "SN3P"};
  world.restart();
  EXPECT_EQ(world.node("cn001").service_node(), "SN2P");
  EXPECT_EQ(world.core_->state().nodes, world.state_.nodes);
}

TEST(Inventory, AQuestionThatStandsIsNotAnsweredForWhoLeft) {
  World world;
  world.connect_each({"cn001", "cn002", "cn003"});
  auto typed = world.takeover_of("SN1P");
  typed.confirm = true;
  world.begin(typed);
  ASSERT_TRUE(world.last_answer<PlanAnswer>()->asks);
  world.cluster_.nodes.erase("cn002");
  world.read_inventory();
  world.command(ConfirmCommand{true});
  world.answer_preflight();
  EXPECT_THAT(world.told(), testing::ElementsAre("cn001", "cn003"));
}

TEST(Inventory, TheDirectoryOfServiceNodesFollows) {
  World world;
  world.connect("cn001");
  const std::string before = world.cluster_.directory.digest();
  world.cluster_.directory.service_nodes.push_back(
      {"SN4P", {"sn4"}, {*NetworkAddress::parse("10.1.1.103/24")}, ""});
  world.read_inventory();
  world.command(StatusCommand{});
  const auto* status = world.last_answer<StatusAnswer>();
  EXPECT_TRUE(status->nodes.front().notice.is(FactCode::directory_differs));
  EXPECT_EQ(status->service_nodes.back().record.name, "SN4P");
  world.sent_.clear();
  world.connect("cn002");
  const auto* welcome = std::get_if<wire::Welcome>(&world.sent_.front().message);
  ASSERT_NE(welcome, nullptr);
  EXPECT_EQ(welcome->directory_digest, world.cluster_.directory.digest());
  EXPECT_NE(welcome->directory_digest, before);
  // It is a target like all others.
  world.takeover("SN1P", "SN4P");
  world.verify("cn001");
  EXPECT_EQ(world.node("cn001").service_node(), "SN4P");
}

TEST(Inventory, OneThatTheNodeReadAnewIsBelieved) {
  World world;
  world.connect("cn001");
  world.cluster_.directory.service_nodes.push_back(
      {"SN4P", {"sn4"}, {*NetworkAddress::parse("10.1.1.103/24")}, ""});
  world.read_inventory();
  world.from("cn001", wire::DirectoryRead{world.cluster_.directory.digest()});
  world.command(StatusCommand{});
  EXPECT_TRUE(world.last_answer<StatusAnswer>()->nodes.front().notice.empty());
}

TEST(Inventory, OnlyWhatChangedIsStored) {
  World world;
  world.connect("cn001");
  world.takeover();
  EXPECT_THAT(world.core_->on_inventory(world.cluster_, world.now()), IsEmpty());
}

}  // namespace
}  // namespace sn::coordinator
