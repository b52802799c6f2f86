#include "agent/executor/primitives/swap_mount.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "agent/executor/primitives/mount_calls.h"
#include "agent/ipc/error_text.h"
#include "agent/ipc/fork.h"
#include "agent/watch/bounded.h"
#include "agent/watch/mount_table.h"
#include "agent/watch/read_markers.h"
#include "common/base/clock.h"
#include "common/base/pidfd.h"

namespace sn::agent {

namespace {

// Killed and forced processes need a moment to be gone; more than this they do not need.
constexpr int64_t kFreeMs = 2'000;
constexpr int kFreeStepMs = 20;

// What the file system itself says of a failed fsconfig(2): "e nfs: ..." lines, one a read.
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

// ---------------------------------------------------------------- the child that stages

// One message to the parent: a word of what is in it, and perhaps a tree.
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
    return fail(ErrorClass::unreachable, "mounting", swap_.source + " (" + swap_.address + ")",
                why.empty() ? std::strerror(os_errno) : std::move(why),
                "export it there to this node (exportfs -v, on the server), as " +
                    swap_.source_before + " is");
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
      return fail(ErrorClass::invalid_input, "mounting", swap_.source,
                  "option " + key + (value == nullptr ? "" : "=" + *value) + ": " +
                      std::strerror(os_errno) + " " + kernel_words(fs.get()),
                  "");
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

  // What nobody has read before is read in a process of its own: its server may be the dead one.
  // Then the new copy must at least be there; what the old one said can't be compared any more.
  Status compare_marker() {
    if (swap_.marker.empty()) return {};
    const auto fresh = read_marker_at(new_.get(), swap_.marker);
    const auto differs = [&](std::string why) {
      return fail(ErrorClass::conflict, "comparing", swap_.marker, std::move(why),
                  "does " + swap_.source + " really hold the same data?");
    };
    if (!fresh) return differs("the new copy has none: " + fresh.error().message());
    const std::string path = swap_.marker_place + "/" + swap_.marker;
    const auto old =
        known_marker_.empty()
            ? run_bounded([&] { return read_marker_at(AT_FDCWD, path); }, kMarkerMs, path)
            : Result<std::string>(known_marker_);
    if (old && *old != *fresh) return differs("the two copies differ");
    return {};
  }

  Status stage_place(const SwapPlace& place) {
    UniqueFd piece;
    int source = new_.get();
    if (!place.subpath.empty()) {
      piece.reset(openat(new_.get(), place.subpath.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
      if (!piece) {
        return fail(ErrorClass::not_found, "staging " + place.place + " from", swap_.source,
                    "it has no " + place.subpath + ": " + std::strerror(errno),
                    "copy it there, or unmount " + place.place);
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
    return fail(ErrorClass::conflict, "staging", place.place,
                "one copy is a directory, the other one is not", "make them alike on the server");
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
        std::string cure = "make " + below;
        cure.append(" on ").append(swap_.source).append(", or unmount ").append(nested);
        return fail_errno(os_errno, "carrying over", nested, std::move(cure));
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

// The mount that `upper` hides in its own place, or nullptr.
const Mount* beneath(const std::vector<Mount>& table, const Mount& upper) {
  for (const auto& mount : table) {
    if (mount.id == upper.parent && mount.place == upper.place) return &mount;
  }
  return nullptr;
}

// Until its last thread has ended: of several, the first may be a zombie while others hold on.
bool is_running(int pid) {
  const UniqueFd process = open_pidfd(pid);
  if (!process) return errno != ESRCH;
  pollfd ended{process.get(), POLLIN, 0};
  return poll(&ended, 1, 0) == 0;
}

}  // namespace

SwapMount::SwapMount(MountSwap swap, std::string stage_dir, MountOrder order)
    : swap_(std::move(swap)), stage_dir_(std::move(stage_dir)), order_(order) {}

Status SwapMount::stage(const std::string& known_marker) {
  trees_.clear();
  if (mkdir(stage_dir_.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail_errno("making", stage_dir_);
  }
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("staging", swap_.source);
  }
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const pid_t child =
      fork_process([&] { return stage_in_child(swap_, known_marker, stage_dir_, theirs.get()); });
  if (child < 0) return fail_errno("staging", swap_.source);
  theirs.reset();
  Status status;
  const MonotonicTime until = monotonic_now() + kStageMountMs;
  while (trees_.size() < swap_.places.size()) {
    const int64_t left = until - monotonic_now();
    pollfd wait{ours.get(), POLLIN, 0};
    const int ready = left <= 0 ? 0 : poll(&wait, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      status = fail(ErrorClass::timed_out, "mounting", swap_.source + " (" + swap_.address + ")",
                    "no answer for " + std::to_string(kStageMountMs / 1'000) + " s",
                    "is nfsd running there?");
      break;
    }
    Received received = receive(ours.get());
    if (received.error) {
      status = tl::unexpected(std::move(*received.error));
      break;
    }
    if (!received.tree) {
      status = fail(ErrorClass::internal, "mounting", swap_.source, "its process was killed");
      break;
    }
    trees_.push_back(std::move(received.tree));
  }
  kill(child, SIGKILL);
  // Not waited for if it hangs in the kernel: it goes when the server answers.
  (void)waitpid(child, nullptr, status ? 0 : WNOHANG);
  if (!status) trees_.clear();
  return status;
}

Status SwapMount::commit(size_t index, bool nothing_there_is_fine) {
  const std::string& place = swap_.places[index].place;
  const auto table = read_mount_table("/proc/self/mountinfo");
  if (!table) return tl::unexpected(table.error());
  const Mount* there = mount_at(*table, place);
  if (there == nullptr && nothing_there_is_fine) {
    if (attach_tree(trees_[index].get(), AT_FDCWD, place.c_str(), 0) != 0) {
      return fail_errno("mounting on", place);
    }
    trees_[index].reset();
    return {};
  }
  if (there == nullptr || there->superblock != swap_.superblock) {
    return fail(ErrorClass::stale, "swapping", place,
                there == nullptr ? "nothing is mounted there any more"
                                 : "now " + there->source + " is mounted there",
                "run the takeover again");
  }
  if (const Mount* below = beneath(*table, *there); below != nullptr && is_new(*below)) {
    return exchange(place, -1);
  }
  if (swap_.force && index == 0) {
    if (auto status = free_the_stuck(place); !status) return status;
  }
  if (auto status = exchange(place, trees_[index].get()); !status) return status;
  trees_[index].reset();
  return {};
}

// Before the detach: a process that waits for a detached mount can't be freed any more. MNT_FORCE
// answers EBUSY and yet ends the calls in flight; a process may begin the next one before it dies.
Status SwapMount::free_the_stuck(const std::string& place) const {
  for (const int pid : swap_.kill) kill(pid, SIGKILL);
  const MonotonicTime until = monotonic_now() + kFreeMs;
  while (std::any_of(swap_.kill.begin(), swap_.kill.end(), is_running)) {
    (void)umount2(place.c_str(), MNT_FORCE | UMOUNT_NOFOLLOW);
    if (monotonic_now() >= until) {
      return fail(ErrorClass::timed_out, "freeing", place,
                  "a process that was killed is still there", "--stuck=orphan leaves it behind");
    }
    poll(nullptr, 0, kFreeStepMs);
  }
  return {};
}

// Whoever lets go of a file system last says good-bye to its server: NFS v4 destroys its session
// and waits a minute and more if the server is dead (nfs4_proc_destroy_session). So the old mount
// is held by a process that nobody waits for, from before the detach on, and let go of there.
class LastHold {
 public:
  explicit LastHold(const UniqueFd& tree) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return;  // then this process waits
    const UniqueFd released(ends[0]);
    release_.reset(ends[1]);
    // Without it this process waits.
    (void)fork_process([&] { return keep(tree, released); }, Lifetime::its_own);
  }

 private:
  static int keep(const UniqueFd& tree, const UniqueFd& released) {
    // Nothing else of ours may stay open as long: somebody may wait for its end.
    constexpr int kHigh = 64;
    const int held = fcntl(tree.get(), F_DUPFD, kHigh);
    const int wait = fcntl(released.get(), F_DUPFD, kHigh);
    if (held < 0 || wait < 0) return 1;
    dup2(held, 3);
    dup2(wait, 4);
    syscall(SYS_close_range, 5, ~0U, 0);
    char none = 0;
    while (read(4, &none, 1) < 0 && errno == EINTR) {
    }
    return 0;
  }

  UniqueFd release_;  // closed, also by our death: the child goes
};

// Of an interrupted swap: the new one is there, and the old one still upon it.
bool SwapMount::is_new(const Mount& mount) const {
  return mount.superblock != swap_.superblock && mount.type == swap_.type &&
         option_value(mount.options, "addr") == swap_.address;
}

Status SwapMount::exchange(const std::string& place, int tree) const {
  UniqueFd last(clone_tree(AT_FDCWD, place.c_str(), 0));
  if (!last) return fail_errno("holding on to", place);
  const LastHold hold(last);
  auto status = tree < 0 ? detach_mount(place) : exchange_mount(place, tree, order_);
  last.reset();  // before the hold's, which is the last one
  return status;
}

}  // namespace sn::agent
