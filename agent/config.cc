#include "agent/config.h"

#include <unistd.h>

#include <charconv>

#include "common/base/toml_reader.h"
#include "common/model/address.h"

namespace sn::agent {

namespace {

std::string host_name() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return {};
  const std::string text = name;
  return text.substr(0, text.find('.'));
}

// "tcp://10.1.1.1:7400" or "tcp://[fd00::1]:7400": numeric, because nothing may ask a name server
// that died with its service node.
bool numeric_endpoint(std::string_view endpoint) {
  constexpr std::string_view kScheme = "tcp://";
  if (!endpoint.starts_with(kScheme)) return false;
  endpoint.remove_prefix(kScheme.size());
  const size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = endpoint.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  const std::string_view port = endpoint.substr(colon + 1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  return IpAddress::parse(host) && error == std::errc{} && end == port.data() + port.size() &&
         value > 0 && value < 65536;
}

void read_coordinator_key(const TomlTable& root, const std::string& name, const std::string& text,
                          AgentConfig& config) {
  if (auto key = orders::CoordinatorKey::parse(text)) {
    config.coordinator_keys.push_back(*std::move(key));
  } else {
    root.reject(root.place(name), "a coordinator's key has 104 characters",
                name == "coordinator_key" ? "sncoordd key, on the management node, prints it"
                                          : "sncoordd key next, on the management node, prints it");
  }
}

}  // namespace

Result<AgentConfig> load_agent_config(const std::string& path) {
  auto file = TomlFile::load(path, kMaxConfigBytes);
  if (!file) return tl::unexpected(file.error());
  AgentConfig config;
  const TomlTable root = file->root();
  config.node = root.string("node", host_name());
  config.act = root.one_of("mode", {"observe", "act"}, "observe") == "act";
  config.coordinators = root.strings("coordinators");
  for (size_t i = 0; i < config.coordinators.size(); ++i) {
    if (numeric_endpoint(config.coordinators[i])) continue;
    root.reject(root.place("coordinators", i), "'" + config.coordinators[i] + "' is not numeric",
                "write it as tcp://10.1.1.1:7400; no name is resolved during a takeover");
  }
  read_coordinator_key(root, "coordinator_key", root.string("coordinator_key"), config);
  const std::string next = root.string("next_coordinator_key", "");
  if (!next.empty()) read_coordinator_key(root, "next_coordinator_key", next, config);
  config.enrolment_port =
      static_cast<uint16_t>(root.integer("enrolment_port", config.enrolment_port, 1, 65'535));
  config.directory = root.string("directory", config.directory);
  config.key_file = root.string("key_file", config.key_file);
  config.run_dir = root.string("run_dir", config.run_dir);
  config.state_dir = root.string("state_dir", config.state_dir);
  config.user = root.string("user", config.user);
  config.runs_unconfined = root.one_of("unconfined", {"run", "refuse"}, "run") == "run";
  const auto stuck = root.strings("allow_stuck", {});
  for (size_t i = 0; i < stuck.size(); ++i) {
    const auto policy = from_word<StuckPolicy>(stuck[i]);
    if (policy && *policy != StuckPolicy::keep) {
      config.allowed_stuck.push_back(*policy);
    } else {
      root.reject(root.place("allow_stuck", i), "'" + stuck[i] + "' is not known",
                  "it is \"kill\" or \"orphan\"");
    }
  }
  config.service_deadline_ms =
      root.milliseconds("service_deadline_ms", config.service_deadline_ms, 100, 600'000);
  config.nfs_servers = root.strings("nfs_servers", {});
  for (size_t i = 0; i < config.nfs_servers.size(); ++i) {
    if (IpAddress::parse(config.nfs_servers[i])) continue;
    root.reject(root.place("nfs_servers", i), "'" + config.nfs_servers[i] + "' is no address",
                "write it as 10.1.9.9; no name is resolved");
  }
  config.boot_scripts_patience_ms =
      root.milliseconds("boot_scripts_patience_ms", config.boot_scripts_patience_ms, 0, 3'600'000);
  config.boot_scripts_deadline_ms =
      root.milliseconds("boot_scripts_deadline_ms", config.boot_scripts_deadline_ms, 0, 3'600'000);
  for (const TomlTable& table : root.tables("service")) {
    ServiceArgv service;
    service.name = table.string("name");
    service.stop = table.strings("stop", {});
    service.start = table.strings("start");
    if (service.start.empty()) {
      table.reject(table.place("start"), "it has no word", "name the program and its arguments");
    }
    config.services.push_back(std::move(service));
  }
  if (const Status read = file->finish(); !read) return tl::unexpected(read.error());
  return config;
}

}  // namespace sn::agent
