#include "agent/plan/needs.h"

#include <gmock/gmock.h>

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Reference naming(const char* kind, const char* owner, ReferenceRole role = ReferenceRole::move) {
  return {kind, "/etc/x:1", "server", "10.1.1.100", owner, role};
}

const ServicePort kDns{Transport::udp, 53};
const ServicePort kNtp{Transport::udp, 123};

TEST(Needs, AreWhatItsReferencesAskWhileItRuns) {
  wire::Inventory inventory;
  inventory.references = {naming("resolver", "SN1P"), naming("chrony", "SN1P"),
                          naming("resolver", "SN1P"), naming("hosts", "SN1P"),
                          naming("niminfo", "SN1P")};
  EXPECT_THAT(needs_of(inventory, {"SN1P"}, {"chrony"}), ElementsAre(kDns, kNtp));
}

TEST(Needs, OfADaemonThatDoesNotRunAreNone) {
  wire::Inventory inventory;
  inventory.references = {naming("chrony", "SN1P")};
  EXPECT_THAT(needs_of(inventory, {"SN1P"}, {"rsyslog"}), IsEmpty());
}

TEST(Needs, OfAnotherServerOrOfWhatStaysAreNone) {
  wire::Inventory inventory;
  inventory.references = {naming("resolver", "SN3P"),
                          naming("resolver", "SN1P", ReferenceRole::keep)};
  EXPECT_THAT(needs_of(inventory, {"SN1P", "SN2P"}, {}), IsEmpty());
}

TEST(Needs, OfAMountAreItsPort) {
  wire::Inventory inventory;
  inventory.mounts.resize(3);
  inventory.mounts[0].owner = "SN1P";
  inventory.mounts[1].owner = "SN1P";
  inventory.mounts[1].port = 20049;
  inventory.mounts[2].owner = "nfsha";
  EXPECT_THAT(needs_of(inventory, {"SN1P"}, {}),
              ElementsAre(ServicePort{Transport::tcp, 2049}, ServicePort{Transport::tcp, 20049}));
}

}  // namespace
}  // namespace sn::agent
