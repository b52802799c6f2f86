#include "common/enrolment/knock_frames.h"

#include <gtest/gtest.h>

namespace sn::enrolment {
namespace {

class KnockFrames : public testing::Test {
 protected:
  [[nodiscard]] std::string knock_of(const net::CurveKeys& whose) const {
    wire::Knock knock;
    knock.node = "cn001";
    knock.challenge = std::string(kChallengeBytes, 'c');
    knock.from = "10.1.1.11:612";
    return knock_frame(knock, whose, coordinator_.public_key());
  }

  net::CurveKeys node_ = *net::CurveKeys::generate();
  net::CurveKeys coordinator_ = *net::CurveKeys::generate();
  net::CurveKeys stranger_ = *net::CurveKeys::generate();
};

TEST_F(KnockFrames, AGreetingHasAChallenge) {
  const std::string challenge(kChallengeBytes, 'x');
  EXPECT_EQ(challenge_of(greeting_frame(challenge)), challenge);
  EXPECT_FALSE(challenge_of(greeting_frame(challenge).substr(1)));
  EXPECT_FALSE(challenge_of("SNENROL9" + challenge));
}

TEST_F(KnockFrames, AKnockIsOpenedByTheCoordinatorAndSaysWhoseItIs) {
  const std::string frame = knock_of(node_);
  ASSERT_EQ(whole_frame(frame), frame.size());
  EXPECT_LE(frame.size(), kMaxKnockBytes);
  const auto opened = open_knock(body_of(frame), coordinator_);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->public_key, node_.public_key());
  EXPECT_EQ(opened->knock.node, "cn001");
  EXPECT_EQ(opened->knock.challenge, std::string(kChallengeBytes, 'c'));
  EXPECT_FALSE(open_knock(body_of(frame), stranger_));
}

TEST_F(KnockFrames, NoByteOfItCanBeChanged) {
  const std::string frame = knock_of(node_);
  for (size_t at = 2; at < frame.size(); ++at) {
    std::string changed = frame;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(open_knock(body_of(changed), coordinator_)) << at;
  }
  for (size_t size = 2; size < frame.size(); ++size) {
    EXPECT_FALSE(open_knock(body_of(frame.substr(0, size)), coordinator_)) << size;
  }
}

TEST_F(KnockFrames, NobodyKnocksWithAnothersKey) {
  // The box is the stranger's, the key before it the node's.
  std::string frame = knock_of(stranger_);
  frame.replace(2, 32, knock_of(node_).substr(2, 32));
  EXPECT_FALSE(open_knock(body_of(frame), coordinator_));
}

TEST_F(KnockFrames, AnAnswerIsOpenedByTheNode) {
  const wire::KnockAnswer answer{std::string(kChallengeBytes, 'c'), false,
                                 Fact(FactCode::knock_by_hand_only),
                                 Cure(CureCode::accept_key, {.nodes = {"cn001"}})};
  const std::string frame = answer_frame(answer, coordinator_, node_.public_key());
  ASSERT_EQ(whole_frame(frame), frame.size());
  EXPECT_EQ(open_answer(body_of(frame), node_, coordinator_.public_key()), answer);
  EXPECT_FALSE(open_answer(body_of(frame), node_, stranger_.public_key()));
  EXPECT_FALSE(open_answer(body_of(frame), stranger_, coordinator_.public_key()));
}

TEST_F(KnockFrames, NobodyTakesItsOwnWordsForTheOthers) {
  const std::string frame = knock_of(node_);
  EXPECT_FALSE(open_answer(body_of(frame).substr(32), node_, coordinator_.public_key()));
}

}  // namespace
}  // namespace sn::enrolment
