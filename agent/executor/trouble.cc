#include "agent/executor/trouble.h"

#include "agent/executor/journal.h"
#include "agent/mounts/classify.h"
#include "agent/watch/mount_table.h"

namespace sn::agent {

namespace {

// `path`: what was exported, with what lies below it at this place.
bool is_mount_of(const Mount& mount, const std::string& source, const std::string& address,
                 const std::string& subpath) {
  if (!is_nfs(mount)) return mount.source == source;
  const std::string top = exported_path(source);
  const std::string path = subpath.empty() ? top : (top == "/" ? "" : top) + "/" + subpath;
  return option_value(mount.options, "addr") == address && exported_path(mount.source) == path;
}

}  // namespace

std::optional<wire::Quarantine> find_odd_place(const std::vector<MountSwap>& swaps,
                                               const std::vector<Mount>& table, OddPlace odd) {
  for (const auto& swap : swaps) {
    for (const auto& place : swap.places) {
      const Mount* there = mount_at(table, place.place);
      const Cure cure(CureCode::mount_it_back, {.place = place.place,
                                                .other_place = swap.source_before,
                                                .name = swap.options,
                                                .value = swap.source});
      if (there == nullptr) {
        return wire::Quarantine{Fact(FactCode::bare_place, {.place = place.place}), cure};
      }
      const bool known =
          there->superblock == swap.superblock ||
          is_mount_of(*there, swap.source, swap.address, place.subpath) ||
          is_mount_of(*there, swap.source_before, swap.address_before, place.subpath);
      if (known || odd == OddPlace::bare) continue;
      return wire::Quarantine{Fact(FactCode::foreign_place, {.place = place.place,
                                                             .other_place = swap.source,
                                                             .name = swap.source_before,
                                                             .value = there->source}),
                              Cure(CureCode::unmount_first, {.place = place.place}).then(cure)};
    }
  }
  return std::nullopt;
}

std::optional<wire::Quarantine> look_for_trouble(const Result<Fence>& fence,
                                                 const std::optional<QuarantineRecord>& kept,
                                                 const std::string& journal_path,
                                                 const std::string& boot_id,
                                                 const std::vector<MountSwap>& places) {
  // First, since its places are not known, and another reason would be kept in its stead.
  if (kept && kept->why.reason.is(FactCode::quarantine_unreadable)) return kept->why;
  if (!fence) return quarantine_of(fence.error());
  if (const auto journal = Journal::read(journal_path, boot_id); !journal) {
    return quarantine_of(journal.error());
  }
  if (places.empty()) return std::nullopt;
  const auto table = read_mount_table("/proc/self/mountinfo");
  if (!table) return quarantine_of(table.error());
  return find_odd_place(places, *table, OddPlace::bare_or_other);
}

}  // namespace sn::agent
