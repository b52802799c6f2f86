#include "agent/executor/name_path.h"

#include <gmock/gmock.h>

#include "agent/references/kind.h"
#include "tests/vectors/cluster.h"

namespace sn::agent {
namespace {

class NamePaths : public testing::Test {
 protected:
  NamePath path(const std::string& resolv_conf) {
    ObservedFile file;
    file.path = file.real_path = "/etc/resolv.conf";
    file.kind = kind_named("resolver");
    file.text = resolv_conf;
    observation_.host_name = "cn001";
    observation_.files = {file};
    return {observation_, identity_, "SN2P", "nobody"};
  }
  // What came of the questions to each server, in the order of resolv.conf.
  static std::optional<Finding> judged(const NamePath& path,
                                       const std::map<std::string, ServiceAnswer>& answers) {
    std::vector<MachineSighting> seen;
    for (const auto& ask : path.asks()) {
      MachineSighting one;
      one.services = {{kNameService, answers.at(ask.address.to_string())}};
      seen.push_back(one);
    }
    return path.judge(seen);
  }

  Observation observation_;
  const IdentityIndex identity_{vector_directory()};
};

constexpr auto kOk = ServiceAnswer::answered;
constexpr auto kFails = ServiceAnswer::failing;
constexpr auto kSilent = ServiceAnswer::silent;

TEST_F(NamePaths, WithoutTheServiceNodeAndWithoutAStubNothingIsAsked) {
  EXPECT_TRUE(path("nameserver 10.9.9.9\n").asks().empty());
}

TEST_F(NamePaths, AServiceNodeIsAskedForBothNames) {
  const auto names = path("search d.example\nnameserver 10.1.1.101\n");
  std::vector<std::string> asked;
  for (const auto& ask : names.asks()) asked.push_back(ask.domain_name);
  EXPECT_THAT(asked, testing::Contains("cn001.d.example"));
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(NamePaths, AStubIsAskedForWhatNobodyHas) {
  const auto names = path("search d.example\nnameserver 127.0.0.53\n");
  for (const auto& ask : names.asks()) EXPECT_TRUE(ask.domain_name.starts_with("nobody."));
  EXPECT_FALSE(names.asks().empty());
  EXPECT_FALSE(judged(names, {{"127.0.0.53", kOk}}));
  EXPECT_TRUE(judged(names, {{"127.0.0.53", kFails}})->reason.is(FactCode::no_names_through));
  EXPECT_TRUE(judged(names, {{"127.0.0.53", kSilent}})->reason.is(FactCode::no_names_through));
}

TEST_F(NamePaths, WithoutAnyServerTheStubIsMeant) {
  EXPECT_EQ(path("search d.example\n").asks().front().address.to_string(), "127.0.0.1");
}

TEST_F(NamePaths, TheFirstThatServesIsEnough) {
  const auto names = path("search d\nnameserver 10.9.9.9\nnameserver 10.1.1.101\n");
  EXPECT_FALSE(judged(names, {{"10.9.9.9", kOk}, {"10.1.1.101", kSilent}}));
  EXPECT_FALSE(judged(names, {{"10.9.9.9", kFails}, {"10.1.1.101", kOk}}))
      << "an error is passed over at once";
  const auto late = judged(names, {{"10.9.9.9", kSilent}, {"10.1.1.101", kOk}});
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->reason.is(FactCode::names_come_late));
  EXPECT_EQ(late->reason.with().address, "10.9.9.9");
  EXPECT_TRUE(judged(names, {{"10.9.9.9", kSilent}, {"10.1.1.101", kFails}})
                  ->reason.is(FactCode::no_names_from));
}

TEST_F(NamePaths, OnlyTheFirstThreeAreAsked) {
  const auto names = path(
      "search d\nnameserver 10.9.9.1\nnameserver 10.9.9.2\nnameserver 10.9.9.3\n"
      "nameserver 10.1.1.101\n");
  EXPECT_TRUE(names.asks().empty()) << "glibc never comes to the service node";
}

TEST(OwnName, IsWhatProgramsLookUp) {
  EXPECT_EQ(domain_name_of("cn1.d.example", "search x\n"), "cn1.d.example");
  EXPECT_EQ(domain_name_of("cn1", "nameserver 10.1.1.1\nsearch d.example e.example\n"),
            "cn1.d.example");
  EXPECT_EQ(domain_name_of("cn1", "search a\ndomain b\n"), "cn1.b") << "the last line counts";
  EXPECT_EQ(domain_name_of("cn1", " search a\n#search b\n"), "cn1");
  EXPECT_EQ(domain_name_of("cn1", "search .\n"), "cn1");
  EXPECT_EQ(domain_name_of("", "search a\n"), "");
}

TEST_F(NamePaths, ANameWithoutADomainIsNobodysToAnswer) {
  (void)path("nameserver 10.1.1.101\n");
  const ServiceNode& target = *identity_.directory().find("SN2P");
  EXPECT_NE(asked_name(observation_, target).find('.'), std::string::npos);
  (void)path("search d.example\nnameserver 10.1.1.101\n");
  EXPECT_EQ(asked_name(observation_, target), "cn001.d.example");
}

}  // namespace
}  // namespace sn::agent
