#include "coordinator/config.h"

#include <charconv>

#include "common/base/toml_reader.h"
#include "common/model/address.h"

namespace sn::coordinator {

namespace {

// More endpoints than any management node has networks.
constexpr size_t kMaxListen = 16;
constexpr size_t kMaxArguments = 32;  // of power_status

// "tcp://10.1.0.1:7400", "tcp://[fd00::1]:7400", "tcp://*:7400".
bool is_numeric_endpoint(std::string_view endpoint) {
  constexpr std::string_view kTcp = "tcp://";
  if (!endpoint.starts_with(kTcp)) return false;
  endpoint.remove_prefix(kTcp.size());
  const size_t colon = endpoint.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = endpoint.substr(0, colon);
  const std::string_view port = endpoint.substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number == 0) return false;
  if (host == "*") return true;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    const auto address = IpAddress::parse(host);
    return address && !address->is_v4();
  }
  const auto address = IpAddress::parse(host);
  return address && address->is_v4();
}

void check_path(const TomlTable& root, const char* key, const std::string& path) {
  if (path.starts_with('/')) return;
  root.reject(root.place(key), "'" + path + "' is not an absolute path", "begin it with /");
}

void check_listen(const TomlTable& root, const std::vector<std::string>& listen) {
  if (listen.empty()) {
    root.reject(root.place("listen"), "it says nowhere where nodes reach the coordinator",
                "listen = [\"tcp://10.1.0.1:7400\"], each address of this machine on a network of "
                "nodes; tcp://*:7400 is every network it is on");
  } else if (listen.size() > kMaxListen) {
    root.reject(root.place("listen"), std::to_string(listen.size()) + " addresses to listen on",
                "list 1 to " + std::to_string(kMaxListen));
  }
  for (size_t i = 0; i < listen.size(); ++i) {
    if (is_numeric_endpoint(listen[i])) continue;
    root.reject(root.place("listen", i), "'" + listen[i] + "' is no numeric address and port",
                "write it as tcp://10.1.0.1:7400, or tcp://*:7400 for every address");
  }
}

void check_feed(const TomlTable& root, const std::string& feed) {
  if (feed.starts_with("ipc:///") || is_numeric_endpoint(feed)) return;
  root.reject(root.place("feed"), "'" + feed + "' is no place for the feed",
              "use ipc:///run/sncoord/feed.sock, or tcp://10.1.0.1:7402 for the keys that "
              "`snctl keys add --feed` names");
}

std::set<EnrolBy> read_policies(const TomlTable& root) {
  std::set<EnrolBy> policies;
  const auto words = root.strings("enrolment", {"address", "manual"});
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "address") {
      policies.insert(EnrolBy::address);
    } else if (words[i] == "command") {
      policies.insert(EnrolBy::command);
    } else if (words[i] == "manual") {
      policies.insert(EnrolBy::manual);
    } else {
      root.reject(root.place("enrolment", i), "'" + words[i] + "' is no way to let a node in",
                  "write \"address\", \"command\" or \"manual\"");
    }
  }
  return policies;
}

Result<DaemonConfig> read(const TomlFile& file) {
  const TomlTable root = file.root();
  DaemonConfig config;
  config.inventory = root.string("inventory", config.inventory);
  check_path(root, "inventory", config.inventory);
  config.state_dir = root.string("state_dir", config.state_dir);
  check_path(root, "state_dir", config.state_dir);
  config.listen = root.strings("listen", {});
  check_listen(root, config.listen);
  config.control_socket = root.string("control_socket", config.control_socket);
  check_path(root, "control_socket", config.control_socket);
  config.control_group = root.string("control_group", config.control_group);
  config.reading_group = root.string("reading_group", config.reading_group);
  config.feed = root.string("feed", config.feed);
  check_feed(root, config.feed);
  // Beats a second at the lower end, an hour at the upper: a lost node is seen after 2.5 of them.
  config.beat_interval_ms =
      root.milliseconds("beat_interval_ms", config.beat_interval_ms, 100, 3'600'000);
  config.probe_ms = root.milliseconds("probe_ms", config.probe_ms, 50, 60'000);
  config.preflight_ms = root.milliseconds("preflight_ms", config.preflight_ms, 100, 300'000);
  if (config.preflight_ms < config.probe_ms) {
    root.reject(root.place("preflight_ms"), "'preflight_ms' is less than 'probe_ms'",
                "give the preflight longer than its probes");
  }
  config.enrolment_port =
      static_cast<uint16_t>(root.integer("enrolment_port", config.enrolment_port, 1, 65'535));
  config.enrolment = read_policies(root);
  config.enrolment_helper = root.string("enrolment_helper", config.enrolment_helper);
  check_path(root, "enrolment_helper", config.enrolment_helper);
  config.hosts = root.string("hosts", config.hosts);
  check_path(root, "hosts", config.hosts);
  config.power_status = root.strings("power_status", config.power_status);
  if (config.power_status.size() > kMaxArguments) {
    root.reject(root.place("power_status"), "more arguments than any command of this kind has",
                "name a script that has them");
  } else if (!config.power_status.empty()) {
    check_path(root, "power_status", config.power_status.front());
  }
  if (const Status good = file.finish(); !good) return tl::unexpected(good.error());
  return config;
}

}  // namespace

Result<DaemonConfig> parse_config(std::string_view toml, const std::string& path) {
  const auto file = TomlFile::parse(toml, path);
  if (!file) return tl::unexpected(file.error());
  return read(*file);
}

Result<DaemonConfig> load_config(const std::string& path) {
  const auto file = TomlFile::load(path, kMaxConfigBytes);
  if (!file) return tl::unexpected(file.error());
  return read(*file);
}

}  // namespace sn::coordinator
