#include "agent/executor/fence_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "agent/executor/own_record.h"
#include "agent/log.h"

namespace sn::agent {

namespace {

// Two numbers and a name.
constexpr size_t kMaxGenerationBytes = 64 * 1024;
// An outcome as it is sent, with its head and frame.
constexpr size_t kMaxOutcomeBytes = wire::kMaxMessageBytes + 1024;

bool is_directory(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

Result<Fence> FenceFile::load_one(const std::string& path) const {
  auto found = load_record<KeptGeneration>(path, kGenerationKind, kMaxGenerationBytes,
                                           Cure(CureCode::remove_fence));
  if (!found) return tl::unexpected(found.error());
  auto& kept = *found;
  return kept ? Fence{kept->epoch, kept->generation, std::move(kept->target), {}} : Fence{};
}

Result<Fence> FenceFile::load() const {
  auto fence = load_one(run_dir_ + "/generation");
  if (!fence) return fence;
  auto kept = load_one(state_dir_ + "/generation");
  if (!kept) return kept;
  if (kept->generation > fence->generation) return kept;
  const std::string path = run_dir_ + "/outcome";
  if (const auto bytes = read_file(path, kMaxOutcomeBytes)) {
    auto outcome = wire::from_file<wire::Outcome>(*bytes, kOutcomeKind, path);
    // Without it the node only forgets how its last rebind ended, and may be asked for it anew.
    if (!outcome) log_line("SN1912", outcome.error().message());
    if (outcome && outcome->generation == fence->generation) fence->last = std::move(*outcome);
  }
  return fence;
}

Status FenceFile::raise(const wire::Rebind& rebind) const {
  const KeptGeneration kept{rebind.epoch, rebind.generation, rebind.to};
  if (is_directory(state_dir_)) {
    auto status = store_record(state_dir_ + "/generation", kGenerationKind, kept);
    // A read-only image keeps nothing across a reboot, so there is nothing to protect either.
    if (!status && status.error().os_errno != EROFS) return status;
  }
  return store_record(run_dir_ + "/generation", kGenerationKind, kept);
}

Status FenceFile::store_outcome(const wire::Outcome& outcome) const {
  // Cut as it is when it is sent.
  return write_own_file(run_dir_ + "/outcome",
                        wire::head_of(kOutcomeKind) + wire::framed(wire::pack(outcome)));
}

}  // namespace sn::agent
