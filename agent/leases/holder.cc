#include "agent/leases/holder.h"

#include <algorithm>

#include "agent/references/lines.h"
#include "common/facts/text.h"

namespace sn::agent {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

// "Global: 10.1.1.100", "Link 3 (eth1): 10.1.1.100 10.1.2.1#name". The global ones are those of
// resolved.conf, or of an /etc/resolv.conf that it did not write: it goes on asking these when that
// becomes a link to what it writes, until it is started again.
class ResolvedLinks final : public LeaseHolder {
 public:
  [[nodiscard]] std::string_view name() const override { return "resolved"; }
  [[nodiscard]] std::string trace() const override { return "/run/systemd/resolve"; }
  [[nodiscard]] std::string written_to() const override { return trace() + "/resolv.conf"; }
  // Asked by the bus, which starts it. The name of a process has 15 characters.
  [[nodiscard]] std::string_view process_name() const override { return "systemd-resolve"; }
  [[nodiscard]] ServicePort asks() const override { return kNameService; }
  [[nodiscard]] Argv question() const override { return {"resolvectl", "--no-pager", "dns"}; }

  [[nodiscard]] std::vector<Lease> read(std::string_view answer) const override {
    std::vector<Lease> leases;
    for (const auto& line : lines_of(answer)) {
      const auto words = words_of(line);
      if (words.size() > 1 && words[0].text == "Global:") {
        Lease lease{std::string(name()), "", {}};
        for (size_t i = 1; i < words.size(); ++i) lease.servers.emplace_back(words[i].text);
        leases.push_back(std::move(lease));
      }
      if (words.size() < 4 || words[0].text != "Link") continue;
      std::string_view interface = words[2].text;
      if (!interface.starts_with('(') || !interface.ends_with("):")) continue;
      interface.remove_prefix(1);
      interface.remove_suffix(2);
      Lease lease{std::string(name()), std::string(interface), {}};
      for (size_t i = 3; i < words.size(); ++i) lease.servers.emplace_back(words[i].text);
      leases.push_back(std::move(lease));
    }
    // Without them it would have nobody to ask, and there is no command that tells it others.
    const bool only_global = leases.size() == 1 && leases.front().subject.empty();
    return only_global ? std::vector<Lease>{} : leases;
  }

  [[nodiscard]] std::vector<std::string_view> named_in() const override {
    return {"resolved", "resolver"};
  }
  [[nodiscard]] std::vector<Argv> commands(const LeaseChange& change) const override {
    // It keeps what it was told of its interfaces, and forgets what no file says.
    if (change.subject.empty()) return {{"systemctl", "restart", "systemd-resolved.service"}};
    Argv command{"resolvectl", "dns", change.subject};
    command.insert(command.end(), change.after.begin(), change.after.end());
    return {command};
  }
  [[nodiscard]] Fact returns(const LeaseChange& change) const override {
    return change.subject.empty() ? Fact() : Fact(FactCode::until_lease_renewed);
  }
};

// "GENERAL.DEVICE:eth1", "IP4.DNS[1]:10.1.1.100"; with -t a colon of a value has a backslash.
class NetworkManagerDevices final : public LeaseHolder {
 public:
  [[nodiscard]] std::string_view name() const override { return "networkmanager"; }
  [[nodiscard]] std::string trace() const override { return "/run/NetworkManager"; }
  [[nodiscard]] std::string written_to() const override { return trace() + "/resolv.conf"; }
  [[nodiscard]] std::string_view process_name() const override { return "NetworkManager"; }
  [[nodiscard]] ServicePort asks() const override { return kNameService; }
  [[nodiscard]] Argv question() const override {
    return {"nmcli", "-t", "-f", "GENERAL.DEVICE,IP4.DNS", "device", "show"};
  }

  [[nodiscard]] std::vector<Lease> read(std::string_view answer) const override {
    constexpr std::string_view kDevice = "GENERAL.DEVICE:", kServer = "IP4.DNS[";
    std::vector<Lease> leases;
    for (const auto& line : lines_of(answer)) {
      if (line.text.starts_with(kDevice)) {
        leases.push_back({std::string(name()), std::string(line.text.substr(kDevice.size())), {}});
      } else if (line.text.starts_with(kServer) && !leases.empty()) {
        const size_t colon = line.text.find("]:");
        if (colon == std::string_view::npos) continue;
        leases.back().servers.emplace_back(line.text.substr(colon + 2));
      }
    }
    std::erase_if(leases, [](const Lease& lease) { return lease.servers.empty(); });
    return leases;
  }

  // Where its profile was changed in its file the device is first made what that says: whenever
  // NetworkManager lays the device's routes anew, and it does so some time after it has answered,
  // they are those that it was last told. Else the profile may hold what somebody means for another
  // day. Then of the device as it is now.
  [[nodiscard]] std::vector<Argv> commands(const LeaseChange& change) const override {
    std::vector<Argv> commands;
    if (change.with_files || change.undoes) {
      commands.push_back({"nmcli", "connection", "reload"});
      commands.push_back({"nmcli", "device", "reapply", change.subject});
    }
    if (!change.undoes) {
      commands.push_back({"nmcli", "device", "modify", change.subject, "ipv4.ignore-auto-dns",
                          "yes", "ipv4.dns", join(change.after, " ")});
    }
    return commands;
  }
  // It may refuse to reapply a profile with other changes.
  [[nodiscard]] bool goes_on() const override { return true; }
  [[nodiscard]] Fact returns(const LeaseChange&) const override {
    return Fact(FactCode::until_activated_anew);
  }
};

// "^,*,10.1.1.100,8,6,377,..." (-c: comma separated; the third field is the address)
class ChronydSources final : public LeaseHolder {
 public:
  [[nodiscard]] std::string_view name() const override { return "chronyd"; }
  [[nodiscard]] std::string trace() const override { return "/run/chrony/chronyd.sock"; }
  [[nodiscard]] std::vector<std::string_view> named_in() const override { return {"chrony"}; }
  [[nodiscard]] bool is_asked_after_reload() const override { return true; }
  [[nodiscard]] ServicePort asks() const override { return kTimeService; }
  [[nodiscard]] Argv question() const override { return {"chronyc", "-n", "-c", "sources"}; }

  [[nodiscard]] std::vector<Lease> read(std::string_view answer) const override {
    Lease lease{std::string(name()), "", {}};
    for (const auto& line : lines_of(answer)) {
      const auto fields = words_of(line.text, 0, ",");
      if (fields.size() < 3 || fields[0].text == "#") continue;  // a reference clock
      lease.servers.emplace_back(fields[2].text);
    }
    if (lease.servers.empty()) return {};
    return {lease};
  }

  [[nodiscard]] std::vector<Argv> commands(const LeaseChange& change) const override {
    std::vector<Argv> commands;
    for (const auto& server : change.after) {
      if (!contains(change.before, server)) {
        commands.push_back({"chronyc", "-n", "add", "server", server, "iburst"});
      }
    }
    for (const auto& server : change.before) {
      if (!contains(change.after, server)) commands.push_back({"chronyc", "-n", "delete", server});
    }
    return commands;
  }
  [[nodiscard]] Fact returns(const LeaseChange&) const override { return {}; }
};

}  // namespace

const std::vector<std::unique_ptr<LeaseHolder>>& all_lease_holders() {
  static const auto holders = [] {
    std::vector<std::unique_ptr<LeaseHolder>> list;
    list.push_back(std::make_unique<NetworkManagerDevices>());
    list.push_back(std::make_unique<ResolvedLinks>());
    list.push_back(std::make_unique<ChronydSources>());
    return list;
  }();
  return holders;
}

const LeaseHolder* lease_holder(std::string_view name) {
  for (const auto& holder : all_lease_holders()) {
    if (holder->name() == name) return holder.get();
  }
  return nullptr;
}

}  // namespace sn::agent
