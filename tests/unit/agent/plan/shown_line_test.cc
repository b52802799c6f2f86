#include "agent/plan/shown_line.h"

#include <gtest/gtest.h>

namespace sn::agent {
namespace {

// The address is what changes.
std::string shown(const std::string& line) {
  std::vector<Span> changes;
  for (size_t at = line.find("10.1.1.100"); at != std::string::npos;
       at = line.find("10.1.1.100", at + 1)) {
    changes.push_back({at, at + 10});
  }
  return shown_line(line, changes);
}

TEST(ShownLine, WhatOperatorsCompareStaysAsItIs) {
  for (const auto* line :
       {"nameserver 10.1.1.100", "server 10.1.1.100 iburst minpoll 4", "*.* @@10.1.1.100:514",
        "10.1.1.100:/install /install nfs ro,vers=3,proto=tcp,timeo=100,retrans=2,hard 0 0",
        R"(export ROUTES=" default:0:10.1.1.100 ")", "XCATSERVER=10.1.1.100",
        R"(export NIM_HOSTS=" 127.0.0.1:loopback:localhost 10.1.1.100:sn1 10.1.9.9:nfsha ")",
        R"(action(type="omfwd" target="10.1.1.100" port="514" protocol="tcp"))",
        "dns=10.1.1.100;10.1.9.9;", "[2001:db8::1] 10.1.1.100", "# 10.1.1.100 is SN1P", ""}) {
    EXPECT_EQ(shown(line), line);
  }
}

TEST(ShownLine, SecretsOfEveryKindStayOnTheNode) {
  const std::pair<const char*, const char*> kLines[] = {
      {"10.1.1.100:/i /i cifs ro,username=x,password=S3cr3t,vers=3 0 0",
       "10.1.1.100:/i /i cifs ro,username=***,password=*** 0 0"},
      {R"(action(type="omfwd" target="10.1.1.100" Template="S3cr3t"))",
       R"(action(type="omfwd" target="10.1.1.100" Template="***"))"},
      {"server 10.1.1.100 iburst   # the S3cr3t of it", "server 10.1.1.100 iburst   # ***"},
      {"server 10.1.1.100 key S3cr3t", "server 10.1.1.100 key ***"},
      {"url http://admin:S3cr3t@10.1.1.100/x", "url http://***@10.1.1.100/x"},
      {"URL=http://S3cr3t@10.1.1.100/x", "URL=http://***@10.1.1.100/x"},
      {"10.1.1.100 password:S3cr3t x", "10.1.1.100 password:*** x"},
      {R"({"a": "10.1.1.100", "password": "S3cr3t"})", R"({"a": "10.1.1.100", "password": "***"})"},
      {R"(10.1.1.100 password="a\"S3cr3t" x)", R"(10.1.1.100 password="***" x)"},
      {"10.1.1.100 DB_PASSWORD=ab;S3cr3t", "10.1.1.100 DB_PASSWORD=***"},
      {"10.1.1.100 secret => S3cr3t", "10.1.1.100 secret => ***"},
      {"ldap://u:p/S3cr3t@10.1.1.100", "ldap://***@10.1.1.100"},
      {"don't 10.1.1.100 # S3cr3t", "don't 10.1.1.100 # ***"},
      {R"(network("10.1.1.100" tls(key-file("S3cr3t") password('S3cr3t'))))",
       R"(network("10.1.1.100" tls(key-file("***") password('***'))))"},
      {"MASTER=10.1.1.100 DB_PASSWORD = 'S3cr3t S3cr3t' X",
       "MASTER=10.1.1.100 DB_PASSWORD = '***' X"},
      {"passwd S3cr3t server 10.1.1.100", "passwd *** server 10.1.1.100"},
      {"credentials=10.1.1.100:S3cr3t", "credentials=***"},
      {"token=\"S3cr3t", "token=***"},
      {"10.1.1.100 PASSWORD=", "10.1.1.100 PASSWORD="},
  };
  for (const auto& [line, expected] : kLines) {
    EXPECT_EQ(shown(line), expected);
    EXPECT_EQ(shown(line).find("S3cr3t"), std::string::npos) << line;
  }
}

TEST(ShownLine, WholeLinesAreShownWithoutWhatMayBeASecret) {
  EXPECT_EQ(shown_lines("10.1.1.101 sn2-eth1 sn2\n[x]\nuser=S3cr3t"),
            "10.1.1.101 sn2-eth1 sn2\n[x]\nuser=***");
}

}  // namespace
}  // namespace sn::agent
