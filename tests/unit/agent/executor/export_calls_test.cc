#include "agent/executor/export_calls.h"

#include <gtest/gtest.h>

#include "common/net/xdr.h"

namespace sn::agent {
namespace {

std::string words(std::initializer_list<uint32_t> list) {
  std::string bytes;
  for (const uint32_t word : list) net::xdr::append(bytes, word);
  return bytes;
}

// RFC 1833, section 3.2: a mapping of program, version, protocol and port.
TEST(ExportCalls, ThePortMapperIsAskedForMountByTcp) {
  const auto call = mount_daemon_call();
  EXPECT_EQ((std::array{call.program, call.version, call.procedure}),
            (std::array{100000U, 2U, 3U}));
  EXPECT_EQ(call.arguments, words({100005, 3, 6, 0}));
  EXPECT_EQ(mount_daemon_port(words({20048})), 20048);
  EXPECT_EQ(mount_daemon_port(words({0})), 0);
  EXPECT_EQ(mount_daemon_port(words({65'536 + 7})), 0) << "no port";
  EXPECT_EQ(mount_daemon_port(""), 0);
}

// RFC 1813, section 5.2: the path is a string.
TEST(ExportCalls, MountIsAskedAsRootForThePath) {
  const auto call = export_call("/data");
  EXPECT_EQ((std::array{call.program, call.version, call.procedure}),
            (std::array{100005U, 3U, 1U}));
  EXPECT_TRUE(call.as_root);
  EXPECT_EQ(call.arguments, words({5}) + std::string("/data\0\0\0", 8));
  EXPECT_EQ(export_forget_call("/data").procedure, 3U);
  EXPECT_EQ(export_forget_call("/data").arguments, call.arguments);
}

// RFC 7530, section 15.2: tag, minor version, operations; PUTROOTFH is 24, LOOKUP 15.
TEST(ExportCalls, Version4LooksUpEachComponent) {
  const auto call = lookup_call("/srv//install/");
  EXPECT_EQ((std::array{call.program, call.version, call.procedure}),
            (std::array{100003U, 4U, 1U}));
  EXPECT_EQ(call.arguments, words({0, 0, 3, 24, 15, 3}) + std::string("srv\0", 4) + words({15, 7}) +
                                std::string("install\0", 8));
  EXPECT_EQ(lookup_call("/").arguments, words({0, 0, 1, 24}));
}

TEST(ExportCalls, AnAnswerCountsOnlyIfItSaysYesOrNo) {
  EXPECT_EQ(export_answer(words({0, 8})), Exported::yes);
  EXPECT_EQ(export_answer(words({2})), Exported::no_such_path);
  EXPECT_EQ(export_answer(words({20})), Exported::no_such_path);
  EXPECT_EQ(export_answer(words({1})), Exported::not_to_us);
  EXPECT_EQ(export_answer(words({13})), Exported::not_to_us);
  for (const uint32_t other : {5U, 22U, 63U, 10004U, 10006U}) {
    EXPECT_EQ(export_answer(words({other})), Exported::unknown) << other;
  }
  EXPECT_EQ(export_answer(""), Exported::unknown);
  EXPECT_EQ(export_answer("abc"), Exported::unknown);
  EXPECT_EQ(lookup_answer(words({0, 0, 3})), Exported::yes);
  EXPECT_EQ(lookup_answer(words({2})), Exported::no_such_path);
  // ACCESS on the way; WRONGSEC, MINOR_VERS_MISMATCH and SYMLINK.
  for (const uint32_t other : {13U, 10016U, 10021U, 10029U}) {
    EXPECT_EQ(lookup_answer(words({other})), Exported::unknown) << other;
  }
}

}  // namespace
}  // namespace sn::agent
