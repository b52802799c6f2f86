#include "agent/references/nim_info.h"

#include <algorithm>
#include <optional>
#include <set>

#include "agent/references/assignments.h"
#include "agent/references/edit_list.h"
#include "agent/references/host_list.h"
#include "agent/references/lines.h"
#include "agent/references/mention.h"
#include "agent/references/nim_values.h"

namespace sn::agent {

namespace {

using nim::gateway_of;
using nim::host_entries_of;
using nim::HostEntry;
using nim::items_of;
using nim::kHosts;
using nim::kMasterId;
using nim::kRoutes;
using nim::master_id_of;
using nim::names_master;
using nim::names_mounts;
using nim::Naming;
using nim::namings_of;
using nim::owner_of;
using nim::Part;

// Plans the changes of one file; used once.
class Planner {
 public:
  Planner(const std::string& path, std::string_view text, const std::vector<Assignment>& variables,
          const IdentityIndex& identity, const Move& move, const ServiceNode& target)
      : path_(path),
        text_(text),
        variables_(variables),
        identity_(identity),
        move_(move),
        target_(target),
        edits_(text) {}

  Result<FilePlan> plan() {
    for (const auto& variable : variables_) {
      const auto items = items_of(variable);
      if (variable.name == "NIM_NAME" && items.size() == 1 && items.front().text() == "master") {
        return fail(ErrorClass::invalid_input, "planning", agent::place_of(path_, variable.line),
                    Fact(FactCode::nim_master_here), Cure(CureCode::not_a_client));
      }
    }
    if (auto ok = plan_replacements(); !ok) return tl::unexpected(ok.error());
    if (auto ok = plan_master_id(); !ok) return tl::unexpected(ok.error());
    for (const auto& variable : variables_) {
      if (variable.name == kRoutes) {
        if (auto ok = plan_routes(variable); !ok) return tl::unexpected(ok.error());
      }
    }
    if (concerned_) {
      for (const auto& variable : variables_) {
        if (variable.name != kHosts) continue;
        if (auto ok = plan_hosts(variable); !ok) return tl::unexpected(ok.error());
      }
    }
    return FilePlan{edits_.take(), std::move(findings_), {}};
  }

 private:
  // The master's names and NIM_CUSTOM; notes what stays. Finds out whether the file is about one of
  // the service nodes at all.
  Status plan_replacements() {
    for (const auto& variable : variables_) {
      for (const auto& naming : namings_of(variable, identity_)) {
        const auto owner = identity_.owner_of(naming.part.text());
        const bool known = owner && owner->kind == Owner::Kind::service_node;
        const bool from = known && move_.is_from(owner->name);
        const bool ours = from || (known && owner->name == move_.to);
        if (names_master(variable.name)) {
          has_master_ = true;
          master_moves_ = master_moves_ || from;
          master_is_ours_ = master_is_ours_ || ours;
        }
        concerned_ = concerned_ || (naming.role == ReferenceRole::move && ours) ||
                     (variable.name == kHosts && from);
        if (from && names_mounts(variable.name)) note(variable, naming, owner->name);
        // A list: plan_routes.
        if (naming.role != ReferenceRole::move || variable.name == kRoutes) continue;
        const auto moved = moved_token(naming.part.text(), identity_, move_, place_of(naming.part));
        if (!moved) return tl::unexpected(moved.error());
        if (*moved) replace(naming.part, **moved);
      }
    }
    return {};
  }

  [[nodiscard]] std::string place_of(const Part& part) const {
    return agent::place_of(path_, edits_.line_at(part.offset()));
  }

  void note(const Assignment& variable, const Naming& naming, const std::string& owner) {
    findings_.push_back(
        {FindingClass::note, place_of(naming.part),
         variable.name == "DUMP"
             ? Fact(FactCode::dump_names, {.sn = owner})
             : Fact(FactCode::named_and_left, {.sn = owner, .name = std::string(variable.name)}),
         Cure(CureCode::judge_from_mounts)});
  }

  // The first piece takes all of it: quotes and continuations inside the part stay.
  void replace(const Part& part, std::string_view after) {
    for (const auto& piece : part.of->value.pieces(part.begin, part.end)) {
      edits_.replace(piece.begin, piece.end - piece.begin, after);
      after = {};
    }
  }

  Status plan_master_id() {
    for (const auto& variable : variables_) {
      const auto id = master_id_of(variable);
      if (!id) continue;
      const std::string place = place_of(*id);
      const auto owner = identity_.owner_of_nim_id(id->text());
      const bool from = owner && move_.is_from(owner->name);
      const bool to = owner && owner->name == move_.to;
      if (to || (!from && !master_moves_)) continue;
      if (!from) {
        return fail(ErrorClass::conflict, "planning", place,
                    Fact(owner ? FactCode::master_id_of : FactCode::master_id_of_nobody,
                         {.sn = owner ? owner->name : "",
                          .value = std::string(id->text()),
                          .sns = move_.from}),
                    Cure(CureCode::set_master_id));
      }
      if (has_master_ && !master_is_ours_) {
        return fail(ErrorClass::conflict, "planning", place,
                    Fact(FactCode::master_name_is_not, {.sn = owner->name}),
                    Cure(CureCode::correct_file));
      }
      if (target_.nim_master_id.empty()) {
        return fail(ErrorClass::invalid_input, "planning", place,
                    Fact(FactCode::machine_id_unknown, {.to = target_.name}),
                    Cure(CureCode::set_machine_id, {.to = target_.name}));
      }
      concerned_ = true;
      replace(*id, target_.nim_master_id);
    }
    return {};
  }

  Status plan_routes(const Assignment& variable) {
    std::vector<Part> gateways;
    std::vector<Part> routes;
    std::vector<ListEntry> entries;
    for (const auto& item : items_of(variable)) {
      const auto gateway = gateway_of(item);
      if (!gateway) continue;
      routes.push_back(item);
      gateways.push_back(*gateway);
      entries.push_back({std::string(item.text().substr(0, gateway->begin - item.begin)),
                         gateway->text(), edits_.line_at(item.offset())});
    }
    const auto changes = change_entries(entries, Survivor::first, path_, identity_, move_);
    if (!changes) return tl::unexpected(changes.error());
    for (size_t i = 0; i < entries.size(); ++i) {
      const auto& change = (*changes)[i];
      if (change.what == EntryChange::What::replaced) {
        replace(gateways[i], change.host);
      } else if (change.what == EntryChange::What::dropped) {
        // With the blanks before it: an equal entry stands further in front.
        size_t first = routes[i].begin;
        while (first > 0 && is_blank(variable.value.text()[first - 1])) --first;
        replace({&variable, first, routes[i].end}, {});
      }
    }
    return {};
  }

  Status plan_hosts(const Assignment& variable) {
    const auto entries = host_entries_of(variable);
    if (auto ok = check_host_names(entries); !ok) return ok;

    struct Gain {
      const HostEntry* after = nullptr;
      std::string entry;
    };
    std::vector<Gain> gains;
    std::set<IpAddress> considered;
    bool present = false;  // the target, on any network that matters
    for (const auto& entry : entries) {
      const auto owner = owner_of(entry, identity_);
      if (!owner || owner->kind != Owner::Kind::service_node || !move_.is_from(owner->name)) {
        continue;
      }
      const auto old_address = IpAddress::parse(entry.address());
      if (!old_address) continue;
      const auto address = identity_.substitute(*old_address, owner->name, move_.to);
      if (!address) continue;
      if (!considered.insert(*address).second) continue;
      if (lists(entries, *address)) {
        present = true;
      } else {
        gains.push_back({&entry, entry_like(entry, *address, owner->name)});
      }
    }
    if (gains.empty() && !present) {
      const auto address = own_network_address(target_, move_);
      if (!address) return tl::unexpected(address.error());
      if (!lists(entries, *address)) {
        gains.push_back({entries.empty() ? nullptr : &entries.back(),
                         address->to_string() + ":" + preferred_name()});
      }
    }
    bool bare = false;
    for (const auto& gain : gains) bare = add_host(variable, gain.after, gain.entry) || bare;
    if (bare) edits_.insert(variable.begin, "\"");
    return {};
  }

  // A name of the target that NIM_HOSTS gives to somebody else would break /etc/hosts, which is
  // made from it.
  Status check_host_names(const std::vector<HostEntry>& entries) {
    for (const auto& entry : entries) {
      const auto address = IpAddress::parse(entry.address());
      const auto owner = address ? identity_.owner_of(*address) : std::nullopt;
      if (!address || (owner && owner->name == target_.name)) continue;
      for (size_t i = 1; i < entry.fields.size(); ++i) {
        const std::string name = comparable_name(entry.fields[i].text());
        const bool ours = std::any_of(
            target_.node_names.begin(), target_.node_names.end(),
            [&](const std::string& candidate) { return comparable_name(candidate) == name; });
        if (!ours) continue;
        return fail(ErrorClass::conflict, "planning", place_of(entry.item),
                    Fact(FactCode::nim_hosts_maps, {.to = target_.name,
                                                    .address = std::string(entry.address()),
                                                    .name = std::string(entry.fields[i].text())}),
                    Cure(CureCode::correct_entry_or_add_address, {.to = target_.name}));
      }
    }
    return {};
  }

  static bool lists(const std::vector<HostEntry>& entries, const IpAddress& address) {
    return std::any_of(entries.begin(), entries.end(), [&](const HostEntry& entry) {
      return IpAddress::parse(entry.address()) == address;
    });
  }

  // Names in the forms and the order of the old entry's.
  std::string entry_like(const HostEntry& old, const IpAddress& address,
                         const std::string& from) const {
    std::vector<std::string> names;
    for (size_t i = 1; i < old.fields.size(); ++i) {
      const auto name = identity_.substitute(old.fields[i].text(), from, move_.to);
      if (name && std::find(names.begin(), names.end(), *name) == names.end()) {
        names.push_back(*name);
      }
    }
    if (names.empty()) names.push_back(preferred_name());
    std::string entry = address.to_string();
    for (const auto& name : names) entry += ":" + name;
    return entry;
  }

  // The name the file calls its new master by, else the first the nodes know it by.
  [[nodiscard]] std::string preferred_name() const {
    for (const auto& variable : variables_) {
      if (!names_master(variable.name)) continue;
      for (const auto& item : items_of(variable)) {
        if (IpAddress::parse(item.text())) continue;
        const auto owner = identity_.owner_of(item.text());
        if (!owner || owner->kind != Owner::Kind::service_node) continue;
        if (owner->name == move_.to) return std::string(item.text());
        if (!move_.is_from(owner->name)) continue;
        if (const auto name = identity_.substitute(item.text(), owner->name, move_.to)) {
          return *name;
        }
      }
    }
    return target_.node_names.empty() ? target_.name : target_.node_names.front();
  }

  // Returns whether the value was bare and gets quotes: a list of two has a blank in it.
  bool add_host(const Assignment& variable, const HostEntry* after, const std::string& entry) {
    if (after == nullptr) {
      const char first = variable.begin < variable.end ? text_[variable.begin] : '\0';
      const bool quoted = first == '"' || first == '\'';
      edits_.insert(variable.begin + (quoted ? 1 : 0), quoted ? entry : "\"" + entry + "\"");
      return false;
    }
    if (variable.value.is_quoted(after->item.end - 1)) {
      edits_.insert(after->item.stop(), " " + entry);
      return false;
    }
    const std::string_view text = variable.value.text();
    bool bare = after->item.begin == 0 && after->item.end == text.size();
    for (size_t i = 0; i < text.size(); ++i) bare = bare && !variable.value.is_quoted(i);
    if (bare) {
      edits_.insert(after->item.stop(), " " + entry + "\"");
    } else {
      edits_.insert(after->item.stop(), "\" " + entry + "\"");
    }
    return bare;
  }

  const std::string& path_;
  std::string_view text_;
  const std::vector<Assignment>& variables_;
  const IdentityIndex& identity_;
  const Move& move_;
  const ServiceNode& target_;
  EditList edits_;
  std::vector<Finding> findings_;
  bool concerned_ = false;       // the file names an old service node or the new one
  bool has_master_ = false;      // a variable names the master
  bool master_moves_ = false;    // ... and it is an old service node
  bool master_is_ours_ = false;  // ... or the new one
};

}  // namespace

const Daemon* NimInfo::daemon() const {
  static const Daemon kDaemon("nimsh", {"nimsh"});
  return &kDaemon;
}

Result<std::vector<Reference>> NimInfo::discover(const std::string& path, std::string_view text,
                                                 const IdentityIndex& identity) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto variables = assignments_of(path, text);
  if (!variables) return tl::unexpected(variables.error());
  const EditList places(text);
  std::vector<Reference> references;
  for (const auto& variable : *variables) {
    if (const auto id = master_id_of(variable)) {
      const auto owner = identity.owner_of_nim_id(id->text());
      if (!owner) continue;
      references.push_back({std::string(name()), place_of(path, places.line_at(id->offset())),
                            std::string(kMasterId), std::string(id->text()), owner->name,
                            ReferenceRole::move});
      continue;
    }
    std::vector<Mention> mentions;
    for (const auto& [part, role] : namings_of(variable, identity)) {
      mentions.push_back(
          {part.offset(), part.text(), places.line_at(part.offset()), variable.name, role});
    }
    const auto more = references_of(name(), path, mentions, identity);
    references.insert(references.end(), more.begin(), more.end());
  }
  return references;
}

Result<FilePlan> NimInfo::plan(const std::string& path, std::string_view text,
                               const IdentityIndex& identity, const Move& move) const {
  if (auto ok = check_text(path, text); !ok) return tl::unexpected(ok.error());
  const auto target = target_of(identity, move);
  if (!target) return tl::unexpected(target.error());
  const auto variables = assignments_of(path, text);
  if (!variables) return tl::unexpected(variables.error());
  return Planner(path, text, *variables, identity, move, **target).plan();
}

// A password names nobody, and is never shown.
std::string NimInfo::searchable(std::string_view text) const {
  std::string result = without_comments(text, {.line = "#", .quotes = "\"'"});
  for (const auto& line : lines_of(text)) {
    if (line.text.find("_PASSWD=") == std::string_view::npos) continue;
    std::fill_n(result.begin() + static_cast<std::ptrdiff_t>(line.offset), line.text.size(), ' ');
  }
  return result;
}

}  // namespace sn::agent
