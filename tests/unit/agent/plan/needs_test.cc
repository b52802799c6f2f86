#include "agent/plan/needs.h"

#include <gmock/gmock.h>

#include "agent/references/kind.h"
#include "tests/vectors/cluster.h"

namespace sn::agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Reference naming(const char* kind, const char* owner, ReferenceRole role = ReferenceRole::move) {
  return {kind, "/etc/x:1", "server", "10.1.1.100", owner, role};
}

ServicePort udp(uint16_t port) { return {Transport::udp, port}; }
ServicePort tcp(uint16_t port) { return {Transport::tcp, port}; }

const ServicePort kDns = udp(53);
const ServicePort kNtp = udp(123);

std::vector<ServicePort> needs(const wire::Inventory& inventory,
                               const std::vector<std::string>& service_nodes,
                               const std::vector<std::string>& running,
                               const Observation& observation = {}) {
  const IdentityIndex identity(vector_directory());
  return needs_of(observation, inventory, identity, service_nodes, running);
}

Observation with_file(const char* kind, const char* path, const char* text) {
  Observation observation;
  ObservedFile file;
  file.path = file.real_path = path;
  file.kind = kind_named(kind);
  file.text = text;
  observation.files.push_back(file);
  return observation;
}

TEST(Needs, AreWhatItsReferencesAskWhileItRuns) {
  wire::Inventory inventory;
  inventory.references = {naming("resolver", "SN1P"), naming("chrony", "SN1P"),
                          naming("resolver", "SN1P"), naming("hosts", "SN1P"),
                          naming("niminfo", "SN1P")};
  EXPECT_THAT(needs(inventory, {"SN1P"}, {"chrony"}), ElementsAre(kDns, kNtp));
}

TEST(Needs, OfADaemonThatDoesNotRunAreNone) {
  wire::Inventory inventory;
  inventory.references = {naming("chrony", "SN1P")};
  EXPECT_THAT(needs(inventory, {"SN1P"}, {"rsyslog"}), IsEmpty());
}

TEST(Needs, OfAnotherServerOrOfWhatStaysAreNone) {
  wire::Inventory inventory;
  inventory.references = {naming("resolver", "SN3P"),
                          naming("resolver", "SN1P", ReferenceRole::keep)};
  EXPECT_THAT(needs(inventory, {"SN1P", "SN2P"}, {}), IsEmpty());
}

TEST(Needs, OfAMountAreItsPort) {
  wire::Inventory inventory;
  inventory.mounts.resize(3);
  inventory.mounts[0].owner = "SN1P";
  inventory.mounts[1].owner = "SN1P";
  inventory.mounts[1].port = 20049;
  inventory.mounts[2].owner = "nfsha";
  EXPECT_THAT(needs(inventory, {"SN1P"}, {}),
              ElementsAre(ServicePort{Transport::tcp, 2049}, ServicePort{Transport::tcp, 20049}));
}

TEST(Needs, OfALogTargetAreWhereItsFileSendsTo) {
  const auto log = with_file(
      "syslog", "/etc/rsyslog.conf",
      "*.* @10.1.1.100\n*.* @@sn1-eth1:601;T\n*.* :omrelp:[fd00:1::100]:20514\n"
      "action(type=\"omfwd\" target=\"10.1.1.100\" port=\"6514\" protocol=\"tcp\")\n"
      "action(type=\"omfwd\" target=[\"10.1.1.100\", \"sn1-eth1\"] port=[\"10\", \"11\"])\n"
      "action(type=\"omrelp\" target=\"sn1-eth1\")\n*.* @10.9.9.9:99\n");
  EXPECT_THAT(needs({}, {"SN1P"}, {"rsyslog"}, log),
              ElementsAre(tcp(514), tcp(601), tcp(6514), tcp(20514), udp(10), udp(11), udp(514)));
  EXPECT_THAT(needs({}, {"SN1P"}, {}, log), IsEmpty()) << "no rsyslogd runs";
  EXPECT_THAT(needs({}, {"SN2P"}, {"rsyslog"}, log), IsEmpty());
}

TEST(Needs, OfSyslogNgAreThoseOfItsDrivers) {
  const auto log =
      with_file("syslog-ng", "/etc/syslog-ng/syslog-ng.conf",
                "destination a { udp(\"10.1.1.100\"); };\n"
                "destination b { network(\"sn1-eth1\" port(1514) transport(\"udp\")); };\n"
                "destination c { syslog(\"10.1.1.100\" transport(\"tcp\")); tcp(\"10.1.1.100\" "
                "port(99)); };\n");
  EXPECT_THAT(needs({}, {"SN1P"}, {"syslog-ng"}, log),
              ElementsAre(tcp(99), tcp(601), udp(514), udp(1514)));
}

}  // namespace
}  // namespace sn::agent
