#include "agent/mounts/plan_mounts.h"

#include <algorithm>
#include <array>
#include <map>

namespace sn::agent {

namespace {

// Users named in one finding; the rest is a number.
constexpr size_t kMaxNamedUsers = 8;

// Options that the kernel shows of the old server, or that can't be set (nfs(5); namlen is the
// server's answer).
constexpr std::array<std::string_view, 6> kOfTheServer = {"rw",        "ro",        "addr",
                                                          "mountaddr", "mountport", "namlen"};

std::string users_text(const std::vector<const MountUser*>& users) {
  std::string text;
  for (size_t i = 0; i < users.size() && i < kMaxNamedUsers; ++i) {
    const MountUser& user = *users[i];
    text += (text.empty() ? "" : ", ") + std::to_string(user.pid) + " " + user.command + " (" +
            user.user + (user.job.empty() ? "" : ", " + user.job) + ", " + user.how + ")";
  }
  if (users.size() > kMaxNamedUsers) {
    text += " and " + std::to_string(users.size() - kMaxNamedUsers) + " more";
  }
  return text;
}

class MountPlanner {
 public:
  MountPlanner(const MountFacts& facts, const std::vector<MountUser>& users,
               const IdentityIndex& identity, const Move& move, StuckPolicy policy)
      : facts_(facts),
        users_(users),
        identity_(identity),
        move_(move),
        policy_(policy),
        mounts_(classify_mounts(facts, identity)) {}

  std::vector<Finding> immovable() {
    for (const auto& mount : mounts_) {
      if (!leaves(mount) || !holds_the_node(mount)) continue;
      refuse_the_node(mount);
    }
    return std::move(plan_.findings);
  }

  MountPlan make() {
    plan_.findings = immovable();
    if (!plan_.findings.empty()) return std::move(plan_);
    std::vector<std::string> seen;
    for (const auto& mount : mounts_) {
      if (!leaves(mount)) continue;
      if (std::find(seen.begin(), seen.end(), mount.superblock) != seen.end()) continue;
      seen.push_back(mount.superblock);
      plan_file_system(views_of(mount.superblock));
    }
    return std::move(plan_);
  }

 private:
  using Views = std::vector<const NfsMount*>;

  [[nodiscard]] bool leaves(const NfsMount& mount) const {
    return mount.what == MountClass::service_node && move_.is_from(mount.owner);
  }

  // The mounts of one file system, the outermost first, so that what hangs below is swapped after
  // it.
  [[nodiscard]] Views views_of(const std::string& superblock) const {
    Views views;
    for (const auto& mount : mounts_) {
      if (mount.superblock == superblock) views.push_back(&mount);
    }
    std::stable_sort(views.begin(), views.end(), [](const NfsMount* a, const NfsMount* b) {
      return exported_path(a->source).size() < exported_path(b->source).size();
    });
    return views;
  }

  void find(FindingClass what, const std::string& place, Fact reason, Cure cure) {
    plan_.findings.push_back({what, mount_name(place), std::move(reason), std::move(cure)});
  }

  void refuse_the_node(const NfsMount& mount) {
    const auto block = [&](FactCode what, Cure cure) {
      find(FindingClass::blocked, mount.place,
           Fact(what, {.sn = mount.owner, .address = mount.address}, mount.critical),
           std::move(cure));
    };
    if (mount.critical.is(FactCode::node_runs_from)) {
      block(FactCode::mounted_from, Cure(CureCode::boot_from_check_nfsserver, {.to = move_.to}));
    } else if (mount.critical.is(FactCode::swap_file)) {
      block(FactCode::lies_on, Cure(CureCode::swapoff, {.sn = mount.owner}));
    } else {
      block(FactCode::lies_on_reboot, Cure(CureCode::boot_from, {.to = move_.to}));
    }
  }

  void leave(const Views& views, const Fact& reason, const Cure& cure) {
    for (const auto* view : views) find(FindingClass::left, view->place, reason, cure);
  }

  void plan_file_system(const Views& views) {
    const NfsMount& first = *views.front();
    const bool read_only = std::all_of(views.begin(), views.end(),
                                       [](const NfsMount* view) { return view->read_only; });
    const auto& shared_paths = identity_.directory().shared_paths;
    const SharedPath* shared = nullptr;
    if (!read_only) {
      for (const auto* view : views) {
        const std::string path = exported_path(view->source);
        shared = shared_path_of(shared_paths, path);
        if (may_follow(shared_paths, path, read_only)) continue;
        leave(
            views, Fact(FactCode::not_the_same_data, {.to = move_.to}),
            Cure(CureCode::declare_this_path, {.place = std::string(exported_path(first.source))}));
        return;
      }
    }
    std::vector<const MountUser*> stuck;
    for (const auto& user : users_) {
      if (user.superblock == first.superblock && user.stuck) stuck.push_back(&user);
    }
    if (!stuck.empty() && policy_ == StuckPolicy::keep) {
      leave(views, Fact(FactCode::kept_for, {.value = users_text(stuck)}),
            Cure(CureCode::bring_back_or_stuck, {.sn = first.owner}));
      return;
    }
    if (!add_swaps(views, read_only, shared, stuck)) return;
    if (const auto locks = facts_.locks.find(first.superblock);
        locks != facts_.locks.end() && locks->second > 0) {
      find(FindingClass::note, first.place, Fact(FactCode::locks_held, {.count = locks->second}),
           Cure(CureCode::restart_lock_holders));
    }
    if (stuck.empty()) return;
    if (policy_ == StuckPolicy::orphan) {
      find(FindingClass::note, first.place,
           Fact(FactCode::detached_under, {.value = users_text(stuck)}),
           Cure(CureCode::reboot_when_free));
    } else {
      find(FindingClass::note, first.place,
           Fact(FactCode::users_ended, {.value = users_text(stuck)}), {});
    }
  }

  bool add_swaps(const Views& views, bool read_only, const SharedPath* shared,
                 const std::vector<const MountUser*>& stuck) {
    std::vector<MountSwap> swaps;
    for (const auto* view : views) {
      const std::string path = exported_path(view->source);
      const auto roof = std::find_if(swaps.begin(), swaps.end(), [&](const MountSwap& swap) {
        return lies_within(path, exported_path(swap.source_before));
      });
      if (roof != swaps.end()) {
        const std::string top = exported_path(roof->source_before);
        roof->places.push_back(place_of(
            *view, path.size() == top.size() ? "" : path.substr(top == "/" ? 1 : top.size() + 1)));
        continue;
      }
      auto swap = swap_of(*view);
      if (!swap) {
        find(FindingClass::blocked, view->place, swap.error().why, swap.error().cure);
        return false;
      }
      swap->read_only = read_only;
      if (shared != nullptr && !shared->marker.empty() && path == shared->path) {
        swap->marker = shared->marker;
        swap->marker_place = view->place;
      }
      swap->places.push_back(place_of(*view, ""));
      swaps.push_back(std::move(*swap));
    }
    for (auto& swap : swaps) {
      swap.force = policy_ == StuckPolicy::kill && !stuck.empty();
      if (swap.force) {
        for (const auto* user : stuck) swap.kill.push_back(user->pid);
      }
      plan_.swaps.push_back(std::move(swap));
    }
    return true;
  }

  Result<MountSwap> swap_of(const NfsMount& view) {
    const auto old_address = IpAddress::parse(view.address);
    auto address = identity_.substitute(*old_address, view.owner, move_.to);
    if (!address) return tl::unexpected(address.error());
    MountSwap swap;
    swap.superblock = view.superblock;
    swap.type = view.version.starts_with('4') ? "nfs4" : "nfs";
    swap.source_before = view.source;
    swap.address_before = view.address;
    swap.address = address->to_string();
    swap.options = carried_options(view.options);
    // The form stays; a name that is not the old service node's in our books becomes the address.
    const std::string server = server_of(view.source);
    std::string name = swap.address;
    const auto owner = identity_.owner_of(server);
    if (owner && owner->name == view.owner) {
      auto substitute = identity_.substitute(server, view.owner, move_.to);
      if (!substitute) return tl::unexpected(substitute.error());
      name = *substitute;
    }
    if (name.find(':') != std::string::npos) name = "[" + name + "]";
    swap.source = name + ":" + exported_path(view.source);
    return swap;
  }

  [[nodiscard]] SwapPlace place_of(const NfsMount& view, std::string subpath) const {
    SwapPlace place;
    place.place = view.place;
    place.subpath = std::move(subpath);
    for (const auto& mount : facts_.table) {
      if (mount.place == view.place && mount.superblock == view.superblock) {
        place.attributes = mount.attributes;
        for (const auto& other : facts_.table) {
          if (other.parent == mount.id && other.place != mount.place) {
            place.nested.push_back(other.place);
          }
        }
      }
    }
    return place;
  }

  const MountFacts& facts_;
  const std::vector<MountUser>& users_;
  const IdentityIndex& identity_;
  const Move& move_;
  const StuckPolicy policy_;
  const std::vector<NfsMount> mounts_;
  MountPlan plan_;
};

}  // namespace

std::string MountSwap::describe() const {
  return source + " (" + address + ")" + (read_only ? " ro" : " rw");
}

std::string mount_name(const std::string& place) { return "mount " + place; }

std::string carried_options(std::string_view options) {
  std::string carried;
  while (!options.empty()) {
    const size_t comma = std::min(options.find(','), options.size());
    const std::string_view option = options.substr(0, comma);
    options.remove_prefix(std::min(comma + 1, options.size()));
    const std::string_view name = option.substr(0, option.find('='));
    if (std::find(kOfTheServer.begin(), kOfTheServer.end(), name) != kOfTheServer.end()) {
      continue;
    }
    carried += (carried.empty() ? "" : ",") + std::string(option);
  }
  return carried;
}

std::vector<Reference> foreign_mount_references(const std::vector<ForeignMount>& foreign,
                                                const IdentityIndex& identity) {
  std::vector<Reference> references;
  for (const auto& other : foreign) {
    const std::string address = option_value(other.mount.options, "addr");
    const auto owner = identity.owner_of(address);
    if (!owner) continue;
    references.push_back({"mount",
                          mount_name(other.mount.place) + " of " + other.command + " (" +
                              std::to_string(other.pid) + ")",
                          "own mount namespace", other.mount.source + " (" + address + ")",
                          owner->name, ReferenceRole::move});
  }
  return references;
}

std::vector<Reference> mount_references(const std::vector<NfsMount>& mounts) {
  std::vector<Reference> references;
  for (const auto& mount : mounts) {
    if (mount.owner.empty()) continue;
    references.push_back({"mount", mount_name(mount.place), "nfs " + mount.version,
                          mount.source + " (" + mount.address + ")", mount.owner,
                          ReferenceRole::move});
  }
  return references;
}

MountPlan plan_mounts(const MountFacts& facts, const std::vector<MountUser>& users,
                      const IdentityIndex& identity, const Move& move, StuckPolicy policy) {
  return MountPlanner(facts, users, identity, move, policy).make();
}

std::vector<Finding> find_immovable(const MountFacts& facts, const IdentityIndex& identity,
                                    const Move& move) {
  return MountPlanner(facts, {}, identity, move, StuckPolicy::keep).immovable();
}

}  // namespace sn::agent
