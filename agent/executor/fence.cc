#include "agent/executor/fence.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "agent/executor/own_file.h"
#include "agent/watch/files.h"
#include "common/wire/codec.h"

namespace sn::agent {

namespace {

bool is_directory(const std::string& path) {
  struct stat info{};
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

}  // namespace

Result<Fence> FenceFile::load_one(const std::string& path) const {
  const auto text = read_file(path, 64 * 1024);
  if (!text) {
    if (text.error().what == ErrorClass::not_found) return Fence{};
    return tl::unexpected(text.error());
  }
  // "1795363200000 SN2P\n"
  Fence fence;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), fence.generation);
  const size_t at = static_cast<size_t>(end - text->data());
  if (error != std::errc{} || at >= text->size() || (*text)[at] != ' ' || text->back() != '\n') {
    return fail(ErrorClass::corrupt, "reading", path, "not a generation and a service node",
                "remove it if no takeover runs; the coordinator's table decides then");
  }
  fence.target = text->substr(at + 1, text->size() - at - 2);
  return fence;
}

Result<Fence> FenceFile::load() const {
  auto fence = load_one(run_dir_ + "/generation");
  if (!fence) return fence;
  auto kept = load_one(state_dir_ + "/generation");
  if (!kept) return kept;
  if (kept->generation > fence->generation) return kept;
  if (const auto bytes = read_file(run_dir_ + "/outcome", wire::kMaxMessageBytes)) {
    auto outcome = wire::decode_outcome(*bytes);
    if (outcome && outcome->generation == fence->generation) fence->last = std::move(*outcome);
  }
  return fence;
}

Status FenceFile::raise(uint64_t generation, const std::string& target) const {
  const std::string text = std::to_string(generation) + " " + target + "\n";
  if (is_directory(state_dir_)) {
    auto status = write_own_file(state_dir_ + "/generation", text);
    // A read-only image keeps nothing across a reboot, so there is nothing to protect either.
    if (!status && status.error().os_errno != EROFS) return status;
  }
  return write_own_file(run_dir_ + "/generation", text);
}

Status FenceFile::store_outcome(const wire::Outcome& outcome) const {
  return write_own_file(run_dir_ + "/outcome", wire::encode_outcome(outcome));
}

}  // namespace sn::agent
