#include "agent/executor/undo_files.h"

#include <dirent.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "agent/executor/own_file.h"
#include "agent/records/records.h"
#include "agent/watch/files.h"
#include "agent/watch/kept.h"

namespace sn::agent {

namespace {

constexpr std::string_view kPrefix = "undo.";

}  // namespace

std::string UndoFiles::path_of(uint64_t generation) const {
  return run_dir_ + "/" + std::string(kPrefix) + std::to_string(generation);
}

Result<UndoRecord> UndoFiles::read(uint64_t generation) const {
  const std::string path = path_of(generation);
  const auto text = read_file(path, kMaxUndoBytes);
  if (!text) return tl::unexpected(text.error());
  auto record = wire::from_file<UndoRecord>(*text, kUndoKind, path);
  if (!record) return record;
  if (record->generation != generation) {
    return fail(ErrorClass::corrupt, "reading", path, Fact(FactCode::not_what_was_written));
  }
  if (record->boot_id != boot_id_) {
    return fail(ErrorClass::stale, "reading", path, Fact(FactCode::of_earlier_boot));
  }
  return std::move(*record);
}

Status UndoFiles::add(const wire::Rebind& rebind, const Plan& plan) const {
  UndoRecord record;
  // What can't be read, or is of another boot, is of no use to anybody.
  if (auto earlier = read(rebind.generation)) record = std::move(*earlier);
  record.boot_id = boot_id_;
  record.generation = rebind.generation;
  record.undo = rebind.undo;
  record.takeover = rebind.takeover;
  add_to_record(plan, record);
  const auto text = wire::to_file(kUndoKind, record);
  const std::string path = path_of(rebind.generation);
  if (!text || text->size() > kMaxUndoBytes) {
    return fail(ErrorClass::limit, "writing", path,
                Fact(FactCode::too_much_changed, {.count = kMaxUndoBytes}));
  }
  if (auto status = write_own_file(path, *text); !status) return status;
  forget_the_oldest();
  return {};
}

std::vector<uint64_t> UndoFiles::generations() const {
  std::vector<uint64_t> generations;
  const DirectoryHandle directory = open_kept_directory(run_dir_);
  if (!directory) return generations;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(kPrefix)) continue;
    uint64_t generation = 0;
    const auto [end, error] =
        std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), generation);
    if (error == std::errc{} && end == name.data() + name.size()) generations.push_back(generation);
  }
  std::sort(generations.begin(), generations.end());
  return generations;
}

void UndoFiles::forget_the_oldest() const {
  const auto kept = generations();
  for (size_t i = 0; i + kMaxUndoRecords < kept.size(); ++i) remove_own_file(path_of(kept[i]));
}

std::optional<Undo> UndoFiles::asked_for(uint64_t since) const {
  if (since == 0) return std::nullopt;
  Undo undo;
  undo.generation = since;
  const auto kept = generations();
  // Older ones may have been forgotten: what is left is not all of it.
  const bool whole = kept.size() < kMaxUndoRecords || kept.front() <= since;
  for (const uint64_t generation : whole ? kept : std::vector<uint64_t>{}) {
    if (generation < since) continue;
    auto record = read(generation);
    // A try to take back the same: what is found tells how far it came.
    if (!record || record->undo == since) continue;
    if (!undo.record) {
      undo.record = std::move(*record);
    } else {
      append(std::move(*record), *undo.record);
    }
  }
  if (undo.record) return undo;
  const auto record = read(since);
  Fact why;
  switch (record ? ErrorClass::internal : record.error().what) {
    case ErrorClass::stale:
      why = Fact(FactCode::rebooted_since, {.by = undo.name()});
      break;
    case ErrorClass::not_found:
      why = Fact(FactCode::nothing_recorded, {.by = undo.name()});
      break;
    default:
      why = Fact(FactCode::record_unusable, {.by = undo.name()},
                 record ? Fact() : record.error().fact());
  }
  undo.why_none = Fact(FactCode::planned_from_what_is, {}, why);
  return undo;
}

}  // namespace sn::agent
