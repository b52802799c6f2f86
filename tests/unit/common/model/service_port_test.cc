#include "common/model/service_port.h"

#include <gtest/gtest.h>

#include <set>

namespace sn {
namespace {

TEST(ServicePort, IsWrittenAsItIsRead) {
  for (const char* text : {"53/udp", "22/tcp", "65535/tcp", "1/udp"}) {
    const auto port = ServicePort::parse(text);
    ASSERT_TRUE(port) << text;
    EXPECT_EQ(port->to_string(), text);
  }
}

TEST(ServicePort, WhatIsNoneIsRefused) {
  for (const char* text : {"", "53", "/udp", "53/", "0/tcp", "65536/tcp", "-1/tcp", "53/sctp",
                           "53/UDP", " 53/udp", "53 /udp", "53/udp ", "0x35/udp", "+53/udp"}) {
    EXPECT_FALSE(ServicePort::parse(text)) << text;
  }
}

TEST(ServicePort, TheUsualOnesAreDifferentAndNotTooMany) {
  const auto& all = usual_services();
  EXPECT_EQ(std::set<ServicePort>(all.begin(), all.end()).size(), all.size());
  EXPECT_LE(all.size(), kMaxServices);
}

}  // namespace
}  // namespace sn
