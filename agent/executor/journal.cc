#include "agent/executor/journal.h"

#include <unistd.h>

#include "agent/executor/own_file.h"
#include "agent/watch/files.h"
#include "agent/watch/kept.h"

namespace sn::agent {

namespace {

// A rebind has some twenty steps of some hundred bytes.
constexpr size_t kMaxJournalBytes = 1024 * 1024;

const Cure kCure(CureCode::let_finish_or_remove);

Result<std::string> record_of(const JournalEntry& entry) {
  auto bytes = wire::pack_whole(entry, wire::kRecordLimits);
  if (!bytes) return bytes;
  return wire::framed(*bytes);
}

// Of an entry that begins a journal; nullptr: it is another one.
const std::string* boot_of(const JournalEntry& entry) {
  if (const auto* begun = std::get_if<RebindBegun>(&entry)) return &begun->boot_id;
  if (const auto* begun = std::get_if<RehearsalBegun>(&entry)) return &begun->boot_id;
  return nullptr;
}

void take(RebindBegun entry, Unfinished& unfinished) {
  unfinished = {};
  unfinished.rebind = std::move(entry.rebind);
}
void take(const RehearsalBegun&, Unfinished& unfinished) { unfinished = {}; }
void take(FileStaged entry, Unfinished& unfinished) {
  unfinished.staged.push_back({std::move(entry.path), std::move(entry.source)});
}
void take(SwapBegun entry, Unfinished& unfinished) {
  unfinished.swaps.push_back(std::move(entry.swap));
}
void take(StepBegun entry, Unfinished& unfinished) {
  unfinished.past_commit_point = true;
  unfinished.last_step = std::to_string(entry.step) + " " + text_of(entry.what);
  unfinished.open_step = std::move(entry.what);
}
void take(const StepDone&, Unfinished& unfinished) { unfinished.open_step.clear(); }
void take(const RebindCommitted&, Unfinished&) {}

}  // namespace

Status Journal::write_whole(const std::string& bytes) {
  const off_t whole = lseek(fd_.get(), 0, SEEK_END);
  const ssize_t size = write(fd_.get(), bytes.data(), bytes.size());
  if (size < 0) return fail_errno("writing", path_, Cure(CureCode::free_run_space));
  if (static_cast<size_t>(size) != bytes.size()) {
    // A beginning of a record would make nonsense of the next one.
    if (whole < 0 || ftruncate(fd_.get(), whole) != 0) fd_.reset();
    return fail(ErrorClass::limit, "writing", path_, Fact(FactCode::no_space),
                Cure(CureCode::free_run_space));
  }
  return {};
}

Status Journal::begin_with(const JournalEntry& entry) {
  const auto record = record_of(entry);
  if (!record) return tl::unexpected(record.error());
  fd_ = open_kept(path_, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW, 0600);
  if (!fd_) return fail_errno("writing", path_);
  return write_whole(wire::head_of(kJournalKind) + *record);
}

Status Journal::begin(const wire::Rebind& rebind, const std::string& boot_id) {
  return begin_with(RebindBegun{boot_id, rebind});
}
Status Journal::begin_rehearsal(const std::string& boot_id) {
  return begin_with(RehearsalBegun{boot_id});
}

Status Journal::resume() {
  const auto text = read_file(path_, kMaxJournalBytes);
  if (!text) return tl::unexpected(text.error());
  auto reader = wire::RecordReader::open(*text, kJournalKind, path_, kCure);
  if (!reader) return tl::unexpected(reader.error());
  for (bool more = true; more;) {
    const auto record = reader->next();
    if (!record) return tl::unexpected(record.error());
    more = record->has_value();
  }
  fd_ = open_kept(path_, O_WRONLY | O_APPEND);
  if (!fd_) return fail_errno("writing", path_);
  // A last record that is cut short goes: its step was not begun, and the next one must not join
  // it.
  if (ftruncate(fd_.get(), static_cast<off_t>(reader->whole())) != 0) {
    return fail_errno("cutting", path_);
  }
  return {};
}

Status Journal::append(const JournalEntry& entry) {
  const auto record = record_of(entry);
  if (!record) return tl::unexpected(record.error());
  return write_whole(*record);
}

Status Journal::staged(const StagedFile& file) {
  return append(FileStaged{file.path, file.source});
}
Status Journal::swap(const MountSwap& swap) { return append(SwapBegun{swap}); }
Status Journal::intent(const Fact& what) { return append(StepBegun{++step_, what}); }
Status Journal::done() { return append(StepDone{step_}); }
Status Journal::commit(Verdict verdict) { return append(RebindCommitted{verdict}); }

void Journal::forget() {
  fd_.reset();
  remove(path_);
}

void Journal::remove(const std::string& path) { remove_own_file(path); }

JournalContent Journal::read(const std::string& path, const std::string& boot_id) {
  const auto text = read_file(path, kMaxJournalBytes);
  if (!text) {
    if (text.error().what == ErrorClass::not_found) return std::optional<Unfinished>{};
    return tl::unexpected(text.error());
  }
  auto reader = wire::RecordReader::open(*text, kJournalKind, path, kCure);
  if (!reader) return tl::unexpected(reader.error());
  std::optional<Unfinished> unfinished;
  while (true) {
    const auto record = reader->next();
    if (!record) return tl::unexpected(record.error());
    if (!*record) return unfinished;
    auto entry = wire::unpack<JournalEntry>(**record, wire::kRecordLimits);
    if (!entry) return reader->corrupt(entry.error().fact());
    if (const std::string* boot = boot_of(*entry)) {
      if (*boot != boot_id) return std::optional<Unfinished>{};
      unfinished.emplace();
    }
    if (!unfinished) return reader->corrupt(Fact(FactCode::no_beginning));
    if (std::holds_alternative<RebindCommitted>(*entry)) return std::optional<Unfinished>{};
    std::visit([&](auto& one) { take(std::move(one), *unfinished); }, *entry);
  }
}

}  // namespace sn::agent
