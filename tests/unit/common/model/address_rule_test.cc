#include "common/model/address_rule.h"

#include <gtest/gtest.h>

namespace sn {
namespace {

std::string address_of(std::string_view rule, std::string_view node) {
  const auto address = address_by_rule(rule, node);
  return address ? address->to_string() : "none";
}

TEST(AddressRule, IsAnAddressOrHasTheNodesNumber) {
  EXPECT_EQ(address_of("10.1.1.7", "login"), "10.1.1.7");
  EXPECT_EQ(address_of("10.1.1.{n}", "cn007"), "10.1.1.7");
  EXPECT_EQ(address_of("10.1.1.{n+10}", "cn007.d.example"), "10.1.1.17");
  EXPECT_EQ(address_of("10.1.{n}.{n-1}", "r2n012"), "10.1.12.11");
  EXPECT_EQ(address_of("fd00::{n}", "cn042"), "fd00::42");
}

TEST(AddressRule, WhatIsNoAddressIsNone) {
  EXPECT_EQ(address_of("10.1.1.{n}", "cn256"), "none");
  EXPECT_EQ(address_of("10.1.1.{n}", "login"), "none");
  EXPECT_EQ(address_of("10.1.1.{n-8}", "cn007"), "none");
  for (const auto* rule : {"10.1.1.{n", "10.1.1.{m}", "10.1.1.{n*2}", "10.1.1.{n+}", "10.1.1.{}",
                           "10.1.1.n}", "", "cn007"}) {
    EXPECT_EQ(address_of(rule, "cn007"), "none") << rule;
  }
}

}  // namespace
}  // namespace sn
