#include "agent/executor/own_file.h"

#include <stdio.h>
#include <unistd.h>

#include "agent/core/staged_file.h"
#include "agent/executor/primitives/replace_file.h"
#include "agent/watch/kept.h"
#include "common/base/file.h"

namespace sn::agent {

namespace {

Status replace_own_file(const std::string& temporary, const std::string& path,
                        std::string_view text) {
  const UniqueFd fd = open_kept(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
  if (!fd) return fail_errno("writing", temporary);
  if (auto status = write_all(fd.get(), text, temporary); !status) return status;
  if (fsync(fd.get()) != 0) return fail_errno("syncing", temporary);
  const KeptPlace from = kept_place(temporary), to = kept_place(path);
  if (renameat(from.directory, from.name, to.directory, to.name) != 0) {
    return fail_errno("replacing", path);
  }
  return {};
}

}  // namespace

Status write_own_file(const std::string& path, std::string_view text) {
  const std::string temporary = temporary_beside(path);
  if (auto status = replace_own_file(temporary, path, text); !status) {
    remove_own_file(temporary);
    return status;
  }
  return sync_directory(directory_of(path));
}

void remove_own_file(const std::string& path) {
  const KeptPlace place = kept_place(path);
  (void)unlinkat(place.directory, place.name, 0);
}

}  // namespace sn::agent
