#include "agent/executor/own_daemon.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <memory>
#include <optional>

#include "agent/watch/files.h"

namespace sn::agent {

namespace {

// An account above is a person's (login.defs(5), UID_MIN).
constexpr uint32_t kFirstPerson = 1000;
// A cluster's passwd may hold all its people.
constexpr size_t kMaxPasswdBytes = 4 * 1024 * 1024;

constexpr auto kDirectories = std::to_array<std::string_view>(
    {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/sbin/", "/usr/local/bin/"});
// Where distributions and sites keep what is in no search path.
constexpr auto kTrees = std::to_array<std::string_view>({"/usr/", "/opt/", "/lib/"});

bool is_one_of(std::string_view name, const std::vector<std::string_view>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string_view> names_of(const Daemon& daemon) {
  std::vector<std::string_view> names = daemon.process_names();
  names.push_back(daemon.service());
  return names;
}

// An account of "_daemon" and of "daemon" for a process that is called "daemond".
bool is_called_like(std::string_view account, const Daemon& daemon) {
  if (account.starts_with('_')) account.remove_prefix(1);
  for (std::string_view name : names_of(daemon)) {
    if (name.size() > 1 && name.ends_with('d')) name.remove_suffix(1);
    if (account.starts_with(name)) return true;
  }
  return false;
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What the daemon's names stand for in the search path: busybox, an alternative.
std::vector<std::string> resolved_names(const Daemon& daemon) {
  std::vector<std::string> resolved;
  for (const auto directory : kDirectories) {
    for (const auto name : daemon.process_names()) {
      const std::string path = std::string(directory) + std::string(name);
      const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                             &std::free);
      if (real) resolved.emplace_back(real.get());
    }
  }
  return resolved;
}

}  // namespace

std::vector<Account> accounts_in(std::string_view passwd) {
  std::vector<Account> accounts;
  while (!passwd.empty()) {
    const size_t end = std::min(passwd.find('\n'), passwd.size());
    const std::string_view line = passwd.substr(0, end);
    passwd.remove_prefix(std::min(end + 1, passwd.size()));
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    const size_t third = second == std::string_view::npos ? second : line.find(':', second + 1);
    if (third == std::string_view::npos) continue;
    if (const auto id = number_in<uint32_t>(line.substr(second + 1, third - second - 1))) {
      accounts.push_back({std::string(line.substr(0, first)), *id});
    }
  }
  return accounts;
}

bool is_the_daemon(const Daemon& daemon, const NamedProcess& process,
                   const std::vector<Account>& accounts, const std::vector<std::string>& resolved) {
  const auto may_be_its = [&](uint32_t user) {
    return user == 0 || (user < kFirstPerson && std::any_of(
                                                    accounts.begin(), accounts.end(),
                                                    [&](const Account& account) {
                                                      return account.id == user &&
                                                             is_called_like(account.name, daemon);
                                                    }));
  };
  const auto& users = process.users;
  if (!may_be_its(users.real) || !may_be_its(users.effective) || !may_be_its(users.saved)) {
    return false;
  }
  if (process.in_pid_file) return true;
  const std::string_view executable = process.executable;
  const std::string_view name = executable.substr(executable.rfind('/') + 1);
  const bool of_the_system =
      std::any_of(kDirectories.begin(), kDirectories.end(),
                  [&](std::string_view directory) { return executable.starts_with(directory); }) ||
      std::any_of(kTrees.begin(), kTrees.end(),
                  [&](std::string_view tree) { return executable.starts_with(tree); });
  return (of_the_system && is_one_of(name, names_of(daemon))) ||
         std::find(resolved.begin(), resolved.end(), executable) != resolved.end();
}

bool is_in_pid_file(const Daemon& daemon, int pid) {
  std::vector<std::string> paths;
  for (const auto name : names_of(daemon)) {
    const std::string text(name);
    paths.push_back("/run/" + text + ".pid");
    paths.push_back("/run/" + std::string(daemon.service()) + "/" + text + ".pid");
  }
  return std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
    const auto text = read_file(path, 64);
    return text &&
           number_in<int>(std::string_view(*text).substr(0, text->find_first_of(" \t\r\n"))) == pid;
  });
}

bool is_the_daemon(const Daemon& daemon, int pid) {
  const auto users = process_users(pid);
  if (!users) return false;
  NamedProcess process{*users, process_executable(pid), is_in_pid_file(daemon, pid)};
  // Nearly every daemon is root's, and lies where it should.
  if (is_the_daemon(daemon, process, {}, {})) return true;
  const auto passwd = read_file("/etc/passwd", kMaxPasswdBytes);
  return is_the_daemon(daemon, process, passwd ? accounts_in(*passwd) : std::vector<Account>{},
                       resolved_names(daemon));
}

}  // namespace sn::agent
