// snctl ack: a drift that is meant so.
#include "tests/unit/coordinator/core/world.h"

namespace sn::coordinator {
namespace {

class Acknowledged : public testing::Test {
 public:
  Acknowledged() {
    world_.connect_each({"cn001", "cn002"});
    world_.takeover();
    world_.verify_each({"cn001", "cn002"});
    drift("/etc/motd:3");
  }
  void drift(const std::string& place, const std::vector<wire::Binding>& bindings = {{"SN2P", 9}}) {
    wire::Drift message;
    message.service_node = "SN2P";
    message.place = place;
    message.detail = "now nameserver 192.0.2.1";
    message.bindings = bindings;
    world_.from("cn001", message);
  }
  void acknowledge(const std::vector<std::string>& nodes) {
    world_.replies_.clear();
    world_.command(AckCommand{nodes, "root"});
  }
  NodeStatus shown() {
    world_.command(StatusCommand{});
    return world_.last_answer<StatusAnswer>()->nodes.at(0);
  }

  World world_{2};
};

TEST_F(Acknowledged, ADriftIsNoNoticeAnyMoreAndStillSaid) {
  EXPECT_TRUE(shown().notice.is(FactCode::drift_notice));
  EXPECT_EQ(text_of(shown().notice_cure),
            "snctl ack cn001 if it is meant so; it is shown, not corrected");
  acknowledge({"cn001"});
  EXPECT_EQ(world_.last_answer<DoneAnswer>()->text,
            "acknowledged: cn001; another drift is shown again");
  EXPECT_TRUE(shown().notice.empty());
  EXPECT_EQ(text_of(shown().acknowledged),
            "acknowledged by root: DRIFT /etc/motd:3: now nameserver 192.0.2.1");
}

TEST_F(Acknowledged, StaysSoOverARestartOfTheCoordinator) {
  acknowledge({"cn001"});
  world_.restart();
  world_.connect("cn001", {{"SN2P", 9}});
  drift("/etc/motd:3");
  EXPECT_TRUE(shown().notice.empty());
  drift("/etc/resolv.conf:2");
  EXPECT_TRUE(shown().notice.is(FactCode::drift_notice)) << "another one";
}

TEST_F(Acknowledged, ANodeThatNamesTheOldOneAgainToo) {
  drift("/etc/resolv.conf:2", {{"SN1P", 1}, {"SN2P", 8}});
  EXPECT_TRUE(shown().notice.is(FactCode::names_again));
  acknowledge({"cn001"});
  EXPECT_TRUE(shown().notice.empty());
  world_.restart();
  world_.from("cn001", world_.hello_of("cn001", {{"SN1P", 1}, {"SN2P", 8}}));
  drift("/etc/resolv.conf:2", {{"SN1P", 2}, {"SN2P", 7}});
  EXPECT_FALSE(shown().notice.empty()) << "one more reference is another drift";
}

TEST_F(Acknowledged, EndsWithTheNextVerdict) {
  acknowledge({"cn001"});
  world_.clear("SN1P");
  auto planned = world_.takeover_of("SN2P", "SN3P");
  planned.planned = true;
  world_.begin(planned, true);
  world_.verify("cn001");
  EXPECT_TRUE(world_.state_.acknowledgements.empty());
}

TEST_F(Acknowledged, WithoutADriftThereIsNothingToAcknowledge) {
  acknowledge({"cn001", "cn002"});
  EXPECT_EQ(text_of(world_.last_answer<RefusalAnswer>()->reason),
            "cn002 has no drift to acknowledge");
  EXPECT_TRUE(world_.state_.acknowledgements.empty()) << "all or none";
  acknowledge({"cn777"});
  EXPECT_EQ(text_of(world_.last_answer<RefusalAnswer>()->reason), "no node 'cn777'");
}

}  // namespace
}  // namespace sn::coordinator
