#include "agent/executor/primitives/stage_mount.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "agent/executor/primitives/mount_calls.h"
#include "agent/ipc/error_text.h"
#include "agent/ipc/fork.h"
#include "agent/watch/bounded.h"
#include "agent/watch/read_markers.h"
#include "common/base/clock.h"

namespace sn::agent {

namespace {

// A file system says why an fsconfig(2) failed in lines such as "e nfs: ...", one a read.
std::string kernel_words(int fs) {
  std::string words;
  std::array<char, 512> line{};
  ssize_t size = 0;
  while (words.size() < 2'048 && (size = read(fs, line.data(), line.size())) > 0) {
    std::string_view text(line.data(), static_cast<size_t>(size));
    if (text.size() > 2 && text[1] == ' ') text.remove_prefix(2);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.remove_suffix(1);
    words += (words.empty() ? "" : "; ") + std::string(text);
  }
  return words;
}

// A message to the parent begins with a letter for what is in it; a tree comes as an fd.
//   'T' + nothing, with an fd: the next place's tree     'E' + class + text: the end, in error
constexpr char kTree = 'T', kError = 'E';

void send_tree(int socket, int tree) {
  char word = kTree;
  iovec data{&word, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &tree, sizeof tree);
  (void)sendmsg(socket, &message, MSG_NOSIGNAL);
}

class Stager {
 public:
  Stager(const MountSwap& swap, const std::string& known_marker, const std::string& stage_dir,
         int socket)
      : swap_(swap), known_marker_(known_marker), stage_dir_(stage_dir), socket_(socket) {}

  Status run() {
    if (unshare(CLONE_NEWNS) != 0) return fail_errno("staging", "a mount namespace");
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return fail_errno("staging", "a private mount namespace");
    }
    if (auto status = mount_new(); !status) return status;
    if (auto status = compare_marker(); !status) return status;
    for (const auto& place : swap_.places) {
      if (auto status = stage_place(place); !status) return status;
    }
    return {};
  }

 private:
  [[nodiscard]] tl::unexpected<Error> not_exported(std::string why, int os_errno) const {
    return fail(
        ErrorClass::unreachable, "mounting", swap_.source + " (" + swap_.address + ")",
        why.empty() ? Fact::own_words(std::strerror(os_errno)) : Fact::own_words(std::move(why)),
        Cure(CureCode::export_it, {.value = swap_.source_before}));
  }

  Status mount_new() {
    const UniqueFd fs(fs_open(swap_.type.c_str()));
    if (!fs) return fail_errno("mounting", swap_.source + ": " + swap_.type);
    const auto configure = [&](const std::string& key, const std::string* value) -> Status {
      const int done = value == nullptr
                           ? fs_config(fs.get(), FsConfig::set_flag, key.c_str(), nullptr)
                           : fs_config(fs.get(), FsConfig::set_string, key.c_str(), value->c_str());
      if (done == 0) return {};
      const int os_errno = errno;
      return fail(
          ErrorClass::invalid_input, "mounting", swap_.source,
          Fact(FactCode::mount_option_refused,
               {.name = key + (value == nullptr ? "" : "=" + *value),
                .said = std::string(std::strerror(os_errno)) + " " + kernel_words(fs.get())}));
    };
    if (auto status = configure("source", &swap_.source); !status) return status;
    std::string_view options = swap_.options;
    while (!options.empty()) {
      const size_t comma = std::min(options.find(','), options.size());
      const std::string option(options.substr(0, comma));
      options.remove_prefix(std::min(comma + 1, options.size()));
      const size_t equals = option.find('=');
      const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
      if (auto status =
              configure(option.substr(0, equals), equals == std::string::npos ? nullptr : &value);
          !status) {
        return status;
      }
    }
    if (!swap_.address.empty()) {
      if (auto status = configure("addr", &swap_.address); !status) return status;
    }
    if (swap_.read_only) {
      if (auto status = configure("ro", nullptr); !status) return status;
    }
    if (fs_config(fs.get(), FsConfig::create, nullptr, nullptr) != 0) {
      const int os_errno = errno;
      return not_exported(kernel_words(fs.get()), os_errno);
    }
    new_.reset(fs_mount(fs.get()));
    if (!new_) return fail_errno("mounting", swap_.source);
    // Only what is attached somewhere can carry other mounts, and a file only upon a file.
    struct statx info{};
    const bool is_file =
        statx(new_.get(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &info) == 0 &&
        !S_ISDIR(info.stx_mode);
    const std::string place = is_file ? stage_dir_ + "/file" : stage_dir_;
    if (is_file) UniqueFd(open(place.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (attach_tree(new_.get(), AT_FDCWD, place.c_str(), 0) != 0) {
      return fail_errno("staging on", place);
    }
    return {};
  }

  // A marker of the old copy that was never read is read in a process of its own, because its
  // server may be the dead one. If it can't be read, the new copy must at least have one.
  Status compare_marker() {
    if (swap_.marker.empty()) return {};
    const auto fresh = read_marker_at(new_.get(), swap_.marker);
    const auto differs = [&](Fact why) {
      return fail(ErrorClass::conflict, "comparing", swap_.marker, std::move(why),
                  Cure(CureCode::same_data_really, {.value = swap_.source}));
    };
    if (!fresh) return differs(Fact(FactCode::new_copy_has_no_marker, {}, fresh.error().fact()));
    const std::string path = swap_.marker_place + "/" + swap_.marker;
    const auto old =
        known_marker_.empty()
            ? run_bounded([&] { return read_marker_at(AT_FDCWD, path); }, kMarkerMs, path)
            : Result<std::string>(known_marker_);
    if (old && *old != *fresh) return differs(Fact(FactCode::copies_differ));
    return {};
  }

  Status stage_place(const SwapPlace& place) {
    UniqueFd piece;
    int source = new_.get();
    if (!place.subpath.empty()) {
      piece.reset(openat(new_.get(), place.subpath.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      if (!piece) {
        return fail(ErrorClass::not_found, "staging " + place.place + " from", swap_.source,
                    Fact(FactCode::has_no_path,
                         {.value = place.subpath, .os_errno = static_cast<uint32_t>(errno)}),
                    Cure(CureCode::copy_or_unmount, {.place = place.place}));
      }
      source = piece.get();
    }
    if (auto status = same_kind(place, source); !status) return status;
    UniqueFd tree(clone_tree(source, "", AT_EMPTY_PATH));
    if (!tree) return fail_errno("cloning", swap_.source);
    if (set_tree_attributes(tree.get(), mount_attributes(place.attributes)) != 0) {
      return fail_errno("setting the attributes of", place.place);
    }
    if (!place.nested.empty()) {
      if (auto status = carry_nested(place, tree); !status) return status;
    }
    send_tree(socket_, tree.get());
    return {};
  }

  // A file can't be mounted on a directory. Asked without asking any server.
  static Status same_kind(const SwapPlace& place, int source) {
    struct statx old_kind{}, new_kind{};
    constexpr int kCached = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
    if (statx(AT_FDCWD, place.place.c_str(), kCached, STATX_TYPE, &old_kind) != 0 ||
        statx(source, "", AT_EMPTY_PATH, STATX_TYPE, &new_kind) != 0) {
      return fail_errno("looking at", place.place);
    }
    if (S_ISDIR(old_kind.stx_mode) == S_ISDIR(new_kind.stx_mode)) return {};
    return fail(ErrorClass::conflict, "staging", place.place, Fact(FactCode::kinds_differ),
                Cure(CureCode::make_alike));
  }

  Status carry_nested(const SwapPlace& place, UniqueFd& tree) const {
    if (attach_tree(tree.get(), AT_FDCWD, stage_dir_.c_str(), 0) != 0) {
      return fail_errno("staging on", stage_dir_);
    }
    for (const auto& nested : place.nested) {
      const std::string below = nested.substr(place.place == "/" ? 1 : place.place.size() + 1);
      const UniqueFd clone(clone_tree(AT_FDCWD, nested.c_str(), kRecursive));
      if (!clone) return fail_errno("carrying over", nested);
      if (attach_tree(clone.get(), tree.get(), below.c_str(), 0) != 0) {
        const int os_errno = errno;
        return fail_errno(os_errno, "carrying over", nested,
                          Cure(CureCode::make_or_unmount,
                               {.place = nested, .name = swap_.source, .value = below}));
      }
    }
    UniqueFd whole(clone_tree(tree.get(), "", AT_EMPTY_PATH | kRecursive));
    if (!whole) return fail_errno("cloning", place.place);
    tree = std::move(whole);
    return {};
  }

  const MountSwap& swap_;
  const std::string& known_marker_;
  const std::string& stage_dir_;
  const int socket_;
  UniqueFd new_;
};

int stage_in_child(const MountSwap& swap, const std::string& known_marker,
                   const std::string& stage_dir, int socket) {
  const Status status = Stager(swap, known_marker, stage_dir, socket).run();
  if (!status) {
    const std::string text = kError + error_to_text(status.error());
    (void)send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  }
  return 0;
}

// A tree or an error; nothing: the child is gone.
struct Received {
  UniqueFd tree;
  std::optional<Error> error;
};
Received receive(int socket) {
  std::array<char, 8'192> text{};
  iovec data{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  Received received;
  if (size <= 0) return received;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message);
      header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    received.tree.reset(fd);
  } else if (text[0] == kError && size > 1) {
    received.error = error_from_text({text.data() + 1, static_cast<size_t>(size) - 1});
  }
  return received;
}

}  // namespace

Result<std::vector<UniqueFd>> stage_mount(const MountSwap& swap, const std::string& stage_dir,
                                          const std::string& known_marker) {
  if (mkdir(stage_dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno("making", stage_dir);
  }
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("staging", swap.source);
  }
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t child =
      fork_process([&] { return stage_in_child(swap, known_marker, stage_dir, theirs.get()); });
  if (child < 0) return fail_errno("staging", swap.source);
  theirs.reset();
  std::vector<UniqueFd> trees;
  Status status;
  const MonotonicTime until = monotonic_now() + kStageMountMs;
  while (trees.size() < swap.places.size()) {
    const int64_t left = until - monotonic_now();
    pollfd wait{ours.get(), POLLIN, 0};
    const int ready = left <= 0 ? 0 : poll(&wait, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      status = fail(ErrorClass::timed_out, "mounting", swap.source + " (" + swap.address + ")",
                    Fact(FactCode::no_answer_for_seconds, {.ms = kStageMountMs}),
                    Cure(CureCode::is_nfsd_running));
      break;
    }
    Received received = receive(ours.get());
    if (received.error) {
      status = tl::unexpected(std::move(*received.error));
      break;
    }
    if (!received.tree) {
      status =
          fail(ErrorClass::internal, "mounting", swap.source, Fact(FactCode::stager_was_killed));
      break;
    }
    trees.push_back(std::move(received.tree));
  }
  kill(child, SIGKILL);
  // Not waited for if it hangs in the kernel: it goes when the server answers.
  (void)waitpid(child, nullptr, status ? 0 : WNOHANG);
  if (!status) return tl::unexpected(status.error());
  return trees;
}

}  // namespace sn::agent
