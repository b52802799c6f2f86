#include "tests/bench/realistic.h"

#include <cstdio>
#include <functional>

#include "common/wire/plan_group.h"

namespace sn::bench {

namespace {

struct Change {
  const char* kind;
  const char* path;
  uint32_t line;
  const char* text;  // A: the address, S: the short name, F: the full name, N: the name, I: the id
};

constexpr Change kChanges[] = {
    {"hosts", "/etc/hosts", 6, "{A}\t{S} {F}"},
    {"route", "route", 0, "default via {A} dev eth1 metric 100"},
    {"route", "route", 0, "10.1.0.0/24 via {A} dev eth1"},
    {"niminfo", "/etc/niminfo", 7, "export NIM_MASTER_HOSTNAME={S}"},
    {"niminfo", "/etc/niminfo", 10, "export NIM_MASTERID={I}"},
    {"niminfo", "/etc/niminfo", 17, "export ROUTES=\" default:0:{A} \""},
    {"xcatinfo", "/etc/xcatinfo", 1, "XCATSERVER={S}"},
    {"xcatinfo", "/opt/xcat/xcatinfo", 3, "XCATSERVER={A}"},
    {"xcatinfo", "/opt/xcat/xcatinfo", 7, "SERVICEGROUP={N}"},
    {"resolver", "/etc/resolv.conf", 3, "nameserver {A}"},
    {"ntp", "/etc/ntp.conf", 2, "server {A} iburst prefer"},
    {"ntp", "/etc/ntpsec/ntp.conf", 3, "server {F} iburst"},
    {"chrony", "/etc/chrony/chrony.conf", 1, "server {A} iburst"},
    {"chrony", "/etc/chrony/sources.d/sn.sources", 1, "server {S} iburst"},
    {"syslog", "/etc/syslog.conf", 2, "*.debug\t@{A} rotate time 1d"},
    {"syslog", "/etc/syslog.conf", 3, "auth.notice\t@{S}"},
    {"syslog", "/etc/rsyslog.d/remote.conf", 3, "*.* @{A}"},
    {"syslog", "/etc/rsyslog.d/tcp.conf", 1, "action(type=\"omfwd\" target=\"{A}\" port=\"514\""},
};

std::string filled(std::string_view text, const ServiceNode& node) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') {
      result += text[i];
      continue;
    }
    switch (text[i + 1]) {
      case 'A':
        result += node.addresses.front().address.to_string();
        break;
      case 'S':
        result += node.node_names.front();
        break;
      case 'F':
        result += node.node_names.back();
        break;
      case 'N':
        result += node.name;
        break;
      default:
        result += node.nim_master_id;
    }
    i += 2;
  }
  return result;
}

std::vector<PlannedChange> changes(const ServiceNode& from, const ServiceNode& to) {
  std::vector<PlannedChange> all;
  for (const auto& [kind, path, line, text] : kChanges) {
    const bool gains = std::string_view(kind) == "hosts";
    all.push_back({kind, path, line, gains ? "" : filled(text, from), filled(text, to)});
  }
  return all;
}

std::string digest(const std::string& of) {
  char text[17];
  std::snprintf(text, sizeof text, "%016zx", std::hash<std::string>{}(of));
  return text;
}

}  // namespace

namespace {

std::vector<Finding> findings(const ServiceNode& from) {
  const std::string old = from.addresses.front().address.to_string();
  return {{FindingClass::kept, "/etc/hosts:5", "address " + old + " stays", ""},
          {FindingClass::kept, "/etc/niminfo:15", "NIM_HOSTS " + old + " stays", ""},
          {FindingClass::kept, "/opt/xcat/xcatinfo:7", "SERVICEGROUP " + from.name + " stays", ""}};
}

}  // namespace

wire::PlanSummary realistic_plan(const ServiceNode& from, const ServiceNode& to) {
  wire::PlanSummary plan;
  plan.outlook = Outlook::whole;
  plan.shape = digest(from.name + to.name);
  plan.hash = digest(plan.shape);
  plan.references = kReferences;
  plan.files = 12;
  plan.routes = 2;
  plan.reloads = {"ntp", "chrony", "syslog", "rsyslog"};
  plan.changes = changes(from, to);
  plan.findings = findings(from);
  plan.group = wire::plan_group(plan);
  return plan;
}

wire::Outcome realistic_outcome(const wire::Rebind& rebind, const ServiceNode& from,
                                const ServiceNode& to) {
  wire::Outcome outcome;
  outcome.takeover = rebind.takeover;
  outcome.generation = rebind.generation;
  outcome.to = rebind.to;
  outcome.verdict = Verdict::verified;
  outcome.findings = findings(from);
  outcome.plan_hash = realistic_plan(from, to).hash;
  outcome.kept = static_cast<uint32_t>(outcome.findings.size());
  outcome.changes = changes(from, to);
  outcome.changed = static_cast<uint32_t>(outcome.changes.size());
  outcome.total_us = 9'000;
  return outcome;
}

}  // namespace sn::bench
