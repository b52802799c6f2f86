#include "common/model/cluster_file.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace sn {
namespace {

const std::string kOneServer =
    "[[service_node]]\nname = \"SN1P\"\nnode_names = [\"sn1\"]\naddresses = [\"10.1.1.100/24\"]\n";

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kCluster = R"([[service_node]]
name = "SN1P"
node_names = ["sn1-eth1", "sn1-eth1.d.example"]
addresses = ["10.1.1.100/24", "10.1.2.100/24"]
nim_master_id = "00C1A2B34C00"

[[service_node]]
name = "SN2P"
node_names = ["sn2-eth1", "sn2-eth1.d.example"]
addresses = ["10.1.1.101/24", "10.1.2.101/24"]

[[external_nfs]]
name = "nfsha"
addresses = ["10.1.9.9/24"]

[[node]]
names = "cn[001-127]"
service_nodes = ["SN1P", "SN2P"]

[[node]]
names = "cn128"
service_nodes = ["SN1P"]
)";

Error error_of(const std::string& toml) {
  const auto cluster = parse_cluster(toml, "cluster.toml");
  EXPECT_FALSE(cluster);
  return cluster ? Error{} : cluster.error();
}

std::string with(const std::string& text, const std::string& replacement) {
  std::string toml = kCluster;
  const size_t at = toml.find(text);
  EXPECT_NE(at, std::string::npos) << text;
  return toml.replace(at, text.size(), replacement);
}

TEST(ClusterFile, ReadsServersAndNodes) {
  const auto cluster = parse_cluster(kCluster, "cluster.toml");
  ASSERT_TRUE(cluster) << cluster.error().message();
  ASSERT_EQ(cluster->directory.service_nodes.size(), 2U);
  const ServiceNode& sn1 = cluster->directory.service_nodes[0];
  EXPECT_EQ(sn1.name, "SN1P");
  EXPECT_THAT(sn1.node_names, ElementsAre("sn1-eth1", "sn1-eth1.d.example"));
  EXPECT_EQ(sn1.addresses[1].to_string(), "10.1.2.100/24");
  EXPECT_EQ(sn1.nim_master_id, "00C1A2B34C00");
  EXPECT_EQ(cluster->directory.service_nodes[1].nim_master_id, "");
  EXPECT_EQ(cluster->directory.external_nfs[0].name, "nfsha");
  EXPECT_EQ(cluster->nodes.size(), 128U);
  EXPECT_THAT(cluster->nodes.at("cn001"), ElementsAre("SN1P", "SN2P"));
}

TEST(ClusterFile, ANodeWithoutABackupIsLawful) {
  EXPECT_THAT(parse_cluster(kCluster, "cluster.toml")->nodes.at("cn128"), ElementsAre("SN1P"));
}

TEST(ClusterFile, TheServersAloneAreLawful) {
  const std::string toml = kCluster;
  EXPECT_TRUE(parse_cluster(toml.substr(0, toml.find("[[node]]")), "cluster.toml"));
}

struct BadCase {
  const char* text;
  const char* replacement;
  const char* place;
  const char* why;
};

class ClusterFileRefuses : public testing::TestWithParam<BadCase> {};

TEST_P(ClusterFileRefuses, WithPlaceAndCure) {
  const Error error = error_of(with(GetParam().text, GetParam().replacement));
  EXPECT_EQ(error.what, ErrorClass::invalid_input);
  EXPECT_EQ(error.to, GetParam().place);
  EXPECT_THAT(text_of(error.why), HasSubstr(GetParam().why));
  EXPECT_FALSE(error.cure.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, ClusterFileRefuses,
    testing::Values(
        BadCase{"nim_master_id", "nim_id", "cluster.toml:5", "unknown key 'nim_id'"},
        BadCase{"[[external_nfs]]", "[[external]]", "cluster.toml:12", "unknown key 'external'"},
        BadCase{"\"cn128\"", "\"cn005\"", "cluster.toml:21", "node 'cn005' is already on line 17"},
        BadCase{"cn[001-127]", "cn[001-127],cn003", "cluster.toml:17", "'cn003' is listed twice"},
        BadCase{"cn[001-127]", "cn[001-127,003]", "cluster.toml:17", "'cn003' is listed twice"},
        BadCase{"cn[001-127]", "cn[001-]", "cluster.toml:17", "'cn[001-]': the range has no end"},
        BadCase{"cn[001-127]", "cn[001-127", "cluster.toml:17", "'[' is not closed"},
        BadCase{"cn[001-127]", "", "cluster.toml:17", "an empty name"},
        BadCase{"\"SN2P\"\nnode", "\"SN1P\"\nnode", "cluster.toml:8",
                "'SN1P' is already on line 2"},
        BadCase{"\"SN2P\"\nnode", "\"sn1p\"\nnode", "cluster.toml:8",
                "'sn1p' is already on line 2"},
        BadCase{"\"nfsha\"", "\"SN2P\"", "cluster.toml:13", "'SN2P' is already on line 8"},
        BadCase{"\"sn2-eth1\",", "\"SN1-eth1\",", "cluster.toml:9",
                "'SN1-eth1' already names 'SN1P' (line 3)"},
        BadCase{"\"sn2-eth1\",", "\"SN1P\",", "cluster.toml:9", "'SN1P' already names 'SN1P'"},
        BadCase{"\"sn1-eth1.d.example\"", "\"sn1-eth1\"", "cluster.toml:3",
                "'sn1-eth1' is listed twice"},
        BadCase{"\"sn1-eth1\",", "\"sn1 eth1\",", "cluster.toml:3", "is not a host name"},
        BadCase{"\"10.1.1.101/24\"", "\"10.1.1.100/24\"", "cluster.toml:10",
                "address 10.1.1.100 is already on line 4"},
        BadCase{"\"10.1.9.9/24\"", "\"10.1.1.100/24\"", "cluster.toml:14",
                "address 10.1.1.100 is already on line 4"},
        BadCase{"\"10.1.1.101/24\", \"10.1.2.101/24\"", "", "cluster.toml:10",
                "'SN2P' has no address"},
        BadCase{"addresses = [\"10.1.1.101/24\", \"10.1.2.101/24\"]\n", "", "cluster.toml:7",
                "'addresses' is missing"},
        BadCase{"10.1.2.100/24", "10.1.1.99/24", "cluster.toml:4", "are in the same network"},
        BadCase{"10.1.2.100/24", "10.1.2.100/8", "cluster.toml:4", "are in the same network"},
        BadCase{"10.1.2.100/24", "10.1.2.100", "cluster.toml:4", "length of its network"},
        BadCase{"10.1.2.100/24", "10.1.2.300/24", "cluster.toml:4", "'10.1.2.300/24'"},
        BadCase{"00C1A2B34C00", "00C1A2B34C0", "cluster.toml:5", "not 12 hex digits"},
        BadCase{"00C1A2B34C00", "00C1A2B34C0G", "cluster.toml:5", "not 12 hex digits"},
        BadCase{"00C1A2B34C00", "", "cluster.toml:5", "not 12 hex digits"},
        BadCase{"[\"SN1P\", \"SN2P\"]", "[\"SN1P\", \"SN9P\"]", "cluster.toml:18",
                "unknown service node 'SN9P'"},
        BadCase{"[\"SN1P\", \"SN2P\"]", "[\"SN1P\", \"SN1P\"]", "cluster.toml:18",
                "'SN1P' is listed twice"},
        BadCase{"[\"SN1P\", \"SN2P\"]", "[]", "cluster.toml:18", "no service node"},
        BadCase{"[\"SN1P\", \"SN2P\"]", "\"SN1P\"", "cluster.toml:18", "not a list of texts"},
        BadCase{"name = \"SN1P\"\n", "", "cluster.toml:1", "'name' is missing"}));

TEST(ClusterFile, KnowsWhichPathsAreOneBackEnd) {
  const auto cluster = parse_cluster(std::string(kCluster) + R"(
[[shared_path]]
path = "/shared_home/"
same_data = true
marker = ".cluster-id"

[[shared_path]]
path = "/shared_home/scratch"
)",
                                     "cluster.toml");
  ASSERT_TRUE(cluster) << cluster.error().message();
  const Directory& directory = cluster->directory;
  const auto same = [&](std::string_view path) {
    const SharedPath* shared = shared_path_of(directory.shared_paths, path);
    return shared != nullptr && shared->same_data;
  };
  EXPECT_TRUE(same("/shared_home"));
  EXPECT_TRUE(same("/shared_home/users/ann"));
  EXPECT_FALSE(same("/shared_home/scratch"));
  EXPECT_FALSE(same("/shared_home/scratch/1"));
  EXPECT_FALSE(same("/shared_homes"));
  EXPECT_FALSE(same("/"));
  EXPECT_EQ(directory.shared_paths.at(0).marker, ".cluster-id");
}

TEST(ClusterFile, ASharedPathIsPartOfTheDigest) {
  Directory one, other;
  one.shared_paths.push_back({"/home", true, ""});
  other.shared_paths.push_back({"/home", false, ""});
  EXPECT_NE(one.digest(), other.digest());
  EXPECT_NE(one.digest(), Directory{}.digest());
}

TEST(ClusterFile, RefusesSharedPathsThatMeanNothing) {
  const auto refused = [](const std::string& table) {
    return error_of(std::string(kCluster) + "[[shared_path]]\n" + table);
  };
  EXPECT_THAT(text_of(refused("path = \"home\"\n").why), HasSubstr("no absolute path"));
  for (const char* path : {"/home/../x", "/home//x", "//home", "/home/./x", "/home/.."}) {
    EXPECT_THAT(text_of(refused("path = \"" + std::string(path) + "\"\n").why),
                HasSubstr("has a '.', a '..' or nothing between two slashes"));
  }
  EXPECT_THAT(text_of(refused("same_data = true\n").why), HasSubstr("'path' is missing"));
  EXPECT_THAT(text_of(refused("path = \"/home\"\nmarker = \"../id\"\n").why),
              HasSubstr("no path below"));
  EXPECT_THAT(text_of(refused("path = \"/h\"\n[[shared_path]]\npath = \"/h/\"\n").why),
              HasSubstr("already on line 24"));
}

TEST(ClusterFile, NamesTheLineOfAnAddressInALongList) {
  const Error error = error_of(with("\"10.1.2.101/24\"]", "\n \"10.1.2.101/24\",\n \"x/24\"]"));
  EXPECT_EQ(error.to, "cluster.toml:12");
}

TEST(ClusterFile, RefusesNoServiceNodeAtAll) {
  EXPECT_THAT(text_of(error_of("").why), HasSubstr("no [[service_node]]"));
}

TEST(ClusterFile, RefusesMoreNodesThanAnyClusterHas) {
  EXPECT_THAT(text_of(error_of(with("cn128", "x[1-99999]")).why),
              HasSubstr("more than 100000 nodes"));
}

TEST(ClusterFile, RefusesAFileThatIsTooLarge) {
  const std::string path = testing::TempDir() + "huge_cluster.toml";
  std::ofstream(path) << "#";
  std::filesystem::resize_file(path, 16 * 1024 * 1024 + 1);
  EXPECT_EQ(load_cluster(path).error().what, ErrorClass::limit);
  std::remove(path.c_str());
}

TEST(ClusterFile, NamesAMissingFile) {
  const auto cluster = load_cluster("/nonexistent/cluster.toml");
  EXPECT_EQ(cluster.error().what, ErrorClass::not_found);
  EXPECT_EQ(cluster.error().to, "/nonexistent/cluster.toml");
}

TEST(ClusterFile, SaysWhichAddressesNodesHave) {
  const std::string nodes =
      "[[node]]\nnames = \"cn[001-003]\"\nservice_nodes = [\"SN1P\"]\n"
      "addresses = [\"10.1.1.{n+10}\", \"10.2.1.{n}\"]\n"
      "[[node]]\nnames = \"login\"\nservice_nodes = [\"SN1P\"]\naddresses = \"10.1.1.9\"\n"
      "[[node]]\nnames = \"cn004\"\nservice_nodes = [\"SN1P\"]\n";
  const auto cluster = parse_cluster(kOneServer + nodes, "cluster.toml");
  ASSERT_TRUE(cluster) << cluster.error().message();
  EXPECT_EQ(cluster->node_addresses.at("cn003"),
            (std::set{*IpAddress::parse("10.1.1.13"), *IpAddress::parse("10.2.1.3")}));
  EXPECT_EQ(cluster->node_addresses.at("login"), std::set{*IpAddress::parse("10.1.1.9")});
  EXPECT_FALSE(cluster->node_addresses.contains("cn004"));
}

TEST(ClusterFile, AnAddressIsOneNodes) {
  const auto refused = [](const std::string& names, const std::string& addresses) {
    const auto cluster =
        parse_cluster(kOneServer + "[[node]]\nnames = \"" + names +
                          "\"\nservice_nodes = [\"SN1P\"]\naddresses = " + addresses + "\n",
                      "cluster.toml");
    return cluster ? "taken" : cluster.error().message();
  };
  EXPECT_THAT(refused("cn[001-002]", "\"10.1.1.7\""),
              HasSubstr("address 10.1.1.7 of node 'cn002' is already on line"));
  EXPECT_THAT(refused("cn001", "\"10.1.1.100\""), HasSubstr("is already on line"))
      << "a service node's";
  EXPECT_THAT(refused("cn[250-260]", "\"10.1.1.{n}\""),
              HasSubstr("'10.1.1.{n}' gives no address of node 'cn256'"));
  EXPECT_THAT(refused("cn001", "7"), HasSubstr("cluster.toml:"));
}

}  // namespace
}  // namespace sn
