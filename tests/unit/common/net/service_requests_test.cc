#include "common/net/service_requests.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sn::net {
namespace {

using namespace std::string_view_literals;

TEST(ServiceRequests, ANameServerIsAskedForTheName) {
  EXPECT_EQ(request_for(53, 0x0102, "cn1.d.example"),
            "\x01\x02\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
            "\x03"
            "cn1\x01"
            "d\x07"
            "example\x00\x00\x01\x00\x01"sv);
  const std::string root = request_for(53, 0x0102);
  EXPECT_EQ(root.substr(12), "\x00\x00\x02\x00\x01"sv);
  for (const std::string& none :
       {std::string("a..b"), std::string(64, 'x'), std::string("."), std::string(300, 'x')}) {
    EXPECT_EQ(request_for(53, 0x0102, none), root) << none;
  }
}

std::string domain_answer(char flags, char code) {
  std::string answer = request_for(53, 1, "x");
  answer[2] = flags;
  answer[3] = code;
  return answer;
}

TEST(ServiceRequests, AnErrorOfANameServerServesNobody) {
  EXPECT_TRUE(is_served(53, domain_answer('\x81', '\x80'))) << "NOERROR";
  EXPECT_TRUE(is_served(53, domain_answer('\x81', '\x83'))) << "NXDOMAIN";
  EXPECT_FALSE(is_served(53, domain_answer('\x81', '\x82'))) << "SERVFAIL";
  EXPECT_FALSE(is_served(53, domain_answer('\x81', '\x85'))) << "REFUSED";
  EXPECT_FALSE(is_served(53, request_for(53, 1, "x"))) << "a question, not an answer";
  EXPECT_FALSE(is_served(53, "x"));
}

std::string time_answer(char first, char stratum) {
  std::string answer(48, '\0');
  answer[0] = first;
  answer[1] = stratum;
  return answer;
}

TEST(ServiceRequests, AClockWithoutASourceServesNobody) {
  EXPECT_TRUE(is_served(123, time_answer('\x24', '\x03')));
  EXPECT_TRUE(is_served(123, time_answer('\x24', '\x0a'))) << "chronyd's local clock";
  EXPECT_FALSE(is_served(123, time_answer('\xe4', '\x03'))) << "alarm";
  EXPECT_FALSE(is_served(123, time_answer('\x24', '\x00'))) << "kiss of death";
  EXPECT_FALSE(is_served(123, time_answer('\x24', '\x10'))) << "stratum 16";
  EXPECT_FALSE(is_served(123, time_answer('\x23', '\x03'))) << "a client's";
  EXPECT_FALSE(is_served(123, "short"));
}

TEST(ServiceRequests, AnyAnswerOfAnotherPortServes) { EXPECT_TRUE(is_served(69, "x")); }

}  // namespace
}  // namespace sn::net
