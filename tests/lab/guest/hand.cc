// The lab's hand in a node: runs commands for a scenario, whatever the node's NFS servers do.
//
//   hand serve PORT ROOT_FD           run commands that come over TCP
//   hand mount SOURCE TARGET OPTIONS  mount an NFS export with nothing but mount(2)
//   hand tick FILE REPORT MS          read FILE every MS, report how regularly that went
//   hand write FILE REPORT            write and fsync FILE every 50 ms, report every outcome
//   hand hold FILE                    open FILE, stand in its directory, sleep
//   hand catch PLACE SOURCE NAME REPORT
//                                     when what is mounted on PLACE begins with SOURCE ("-": when
//                                     nothing is), kill every process called NAME
//
// Static.  `serve` is locked in memory and lives in a tmpfs of its own: after its start it
// touches no path below the node's root, so it answers while every NFS server is silent.
//
// One connection is one command.  Request, up to the client's end of stream:
//   byte 0     'n' run in the node's root (descriptor ROOT_FD), 'm' in the tmpfs
//              'r' read in the node's root, 'p' in the tmpfs: no program is started for that
//   byte 1..4  deadline in ms, big endian
//   the rest   a command for the shell, or the path of a file; 64 KiB at most
// Reply, frames of: type, length (4 bytes, big endian), bytes.
//   'o' standard output   'e' standard error   'x' exit code in one byte, the last frame
//   't' the deadline passed and SIGKILL was sent; the last frame.  One byte: '1' the process has
//       ended, '0' it has not (it waits for a server in the kernel)
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kRequestLimit = 64 * 1024;  // a scenario's longest script is far below
constexpr int kCannot = 125;                 // as env(1): the command could not be begun
constexpr milliseconds kKilled{500};         // how long a killed process may take to end

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "hand: %s: %s\n", what, std::strerror(errno));
  std::_Exit(kCannot);
}

int64_t ms_since(Clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - begin).count();
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void frame(int fd, char type, std::string_view bytes) {
  const uint32_t length = htonl(static_cast<uint32_t>(bytes.size()));
  std::string head(1, type);
  head.append(reinterpret_cast<const char*>(&length), sizeof length);
  write_all(fd, head + std::string(bytes));
}

std::string read_request(int fd) {
  std::string request;
  std::array<char, 4096> buffer{};
  while (request.size() < kRequestLimit) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    request.append(buffer.data(), static_cast<size_t>(n));
  }
  return request;
}

// Its output is the file.
[[noreturn]] void copy_file(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path);
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t n = read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path);
    if (n == 0 || !write_all(1, {buffer.data(), static_cast<size_t>(n)})) std::_Exit(0);
  }
}

[[noreturn]] void become_command(char kind, int root_fd, const char* command) {
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, 0);
  const bool node_root = kind == 'n' || kind == 'r';
  if (node_root && (fchdir(root_fd) != 0 || chroot(".") != 0)) fail("chroot into the node's root");
  if (kind == 'r' || kind == 'p') copy_file(command);
  setenv("HOME", "/root", 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  if (node_root) {
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", 1);
    execl("/bin/sh", "sh", "-c", command, nullptr);
  } else {
    setenv("PATH", "/bin", 1);
    execl("/bin/busybox", "sh", "-c", command, nullptr);
  }
  fail("exec of a shell");
}

// Sends what a pipe holds; false at its end.
bool pass_on(int from, int to, char type) {
  std::array<char, 16384> buffer{};
  const ssize_t n = read(from, buffer.data(), buffer.size());
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  frame(to, type, std::string_view(buffer.data(), static_cast<size_t>(n)));
  return true;
}

[[noreturn]] void serve_one(int client, int root_fd) {
  const std::string request = read_request(client);
  if (request.size() < 6 || request.size() >= kRequestLimit) std::_Exit(1);
  uint32_t deadline_ms = 0;
  std::memcpy(&deadline_ms, request.data() + 1, sizeof deadline_ms);
  deadline_ms = ntohl(deadline_ms);

  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC | O_NONBLOCK) != 0 || pipe2(err, O_CLOEXEC | O_NONBLOCK) != 0) {
    fail("pipe");
  }
  const Clock::time_point begin = Clock::now();
  const pid_t pid = fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    dup2(out[1], 1);
    dup2(err[1], 2);
    for (const int fd : {1, 2}) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    become_command(request[0], root_fd, request.c_str() + 5);
  }
  close(out[1]);
  close(err[1]);
  const int ended = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (ended < 0) fail("pidfd_open");

  // The command's own end counts, not the end of its pipes: what it leaves behind may hold them.
  std::array<pollfd, 3> fds{{{ended, POLLIN, 0}, {out[0], POLLIN, 0}, {err[0], POLLIN, 0}}};
  bool killed = false;
  for (Clock::time_point from = begin; (fds[0].revents & POLLIN) == 0;) {
    const int64_t left = (killed ? kKilled.count() : int64_t{deadline_ms}) - ms_since(from);
    if (left <= 0 && killed) break;
    if (left <= 0) {
      kill(-pid, SIGKILL);
      killed = true;
      from = Clock::now();
      continue;
    }
    if (poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR) fail("poll");
    for (size_t i = 1; i < fds.size(); ++i) {
      if (fds[i].revents != 0 && !pass_on(fds[i].fd, client, i == 1 ? 'o' : 'e')) fds[i].fd = -1;
    }
  }
  for (size_t i = 1; i < fds.size(); ++i) {
    pollfd rest{fds[i].fd, POLLIN, 0};
    while (rest.fd >= 0 && poll(&rest, 1, 0) > 0 && pass_on(rest.fd, client, i == 1 ? 'o' : 'e')) {
    }
  }
  int status = 0;
  const bool gone = waitpid(pid, &status, WNOHANG) == pid;
  if (killed || !gone) {
    frame(client, 't', gone ? "1" : "0");
  } else {
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    frame(client, 'x', std::string(1, static_cast<char>(code)));
  }
  std::_Exit(0);
}

int serve(uint16_t port, int root_fd) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  if (bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) fail("bind");
  if (listen(listener, 64) != 0) fail("listen");
  fcntl(root_fd, F_SETFD, FD_CLOEXEC);
  mlockall(MCL_CURRENT | MCL_FUTURE);
  signal(SIGCHLD, SIG_IGN);  // the kernel reaps
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    if (fork() == 0) {
      signal(SIGCHLD, SIG_DFL);
      serve_one(client, root_fd);
    }
    close(client);
  }
}

int mount_nfs(const char* source, const char* target, std::string options) {
  unsigned long flags = 0;
  if (options.starts_with("ro,")) {
    flags = MS_RDONLY;
    options.erase(0, 3);
  }
  if (mount(source, target, "nfs", flags, options.c_str()) == 0) return 0;
  std::fprintf(stderr, "hand: mount %s on %s: %s\n", source, target, std::strerror(errno));
  return 1;
}

// The report is one line of fixed width, written at once: a reader never sees half of it.
int open_report(const char* path) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) fail(path);
  return fd;
}

void report(int fd, int64_t count, int64_t longest_ms, int64_t failures, int last_errno) {
  std::array<char, 128> line{};
  const int n = std::snprintf(line.data(), line.size(), "%-10lld %-10lld %-10lld %-10d %d\n",
                              static_cast<long long>(count), static_cast<long long>(longest_ms),
                              static_cast<long long>(failures), last_errno, getpid());
  if (pwrite(fd, line.data(), static_cast<size_t>(n), 0) != n) fail("report");
}

// Repeats `step`, which returns an errno, and reports: how often, the longest time from one end of
// a step to the next, how often it failed, the last failure.
template <typename Step>
[[noreturn]] void repeat(int report_fd, milliseconds pause, Step step) {
  int64_t count = 0, longest = 0, failures = 0;
  int last = 0;
  for (Clock::time_point before = Clock::now();;) {
    const int error = step(count);
    ++count;
    if (error != 0) {
      ++failures;
      last = error;
    }
    longest = std::max(longest, ms_since(before));
    before = Clock::now();
    report(report_fd, count, longest, failures, last);
    usleep(static_cast<useconds_t>(pause.count() * 1000));
  }
}

[[noreturn]] void tick(const char* path, const char* report_path, milliseconds pause) {
  repeat(open_report(report_path), pause, [&](int64_t) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    char byte = 0;
    const int error = read(fd, &byte, 1) < 0 ? errno : 0;
    close(fd);
    return error;
  });
}

[[noreturn]] void keep_writing(const char* path, const char* report_path) {
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) fail(path);
  repeat(open_report(report_path), milliseconds(50), [&](int64_t count) {
    std::array<char, 32> line{};
    const int n = std::snprintf(line.data(), line.size(), "%lld\n", static_cast<long long>(count));
    return pwrite(fd, line.data(), static_cast<size_t>(n), 0) != n || fsync(fd) != 0 ? errno : 0;
  });
}

// A file of /proc, whole.  It may be read in as many pieces as it likes.
std::string read_all(int fd) {
  std::string text;
  std::array<char, 16384> buffer{};
  for (off_t at = 0;;) {
    const ssize_t n = pread(fd, buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    at += n;
    text.append(buffer.data(), static_cast<size_t>(n));
  }
}

// The source of what is mounted on a place of the first process's namespace; "-": nothing is.
std::string source_at(int mountinfo, const std::string& place) {
  const std::string text = read_all(mountinfo);
  std::string source = "-";
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    // ID PARENT DEVICE ROOT PLACE OPTIONS [FIELD...] - TYPE SOURCE OPTIONS, proc(5)
    size_t at = 0;
    for (int field = 0; field < 4 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
    const size_t fields_end = line.find(" - ");
    if (at == std::string::npos || fields_end == std::string::npos) continue;
    if (line.compare(at + 1, place.size() + 1, place + " ") != 0) continue;
    const size_t type_end = line.find(' ', fields_end + 3);
    source = line.substr(type_end + 1, line.find(' ', type_end + 1) - type_end - 1);
  }
  return source;
}

std::string kill_all(const std::string& name) {
  std::string killed;
  DIR* processes = opendir("/proc");
  if (processes == nullptr) fail("/proc");
  while (const dirent* entry = readdir(processes)) {
    const int pid = std::atoi(entry->d_name);
    const std::string path = "/proc/" + std::string(entry->d_name) + "/comm";
    const int fd = pid > 0 ? open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) continue;
    if (read_all(fd) == name + "\n" && kill(pid, SIGKILL) == 0) killed += " " + std::to_string(pid);
    close(fd);
  }
  closedir(processes);
  return killed;
}

// The kernel wakes who polls mountinfo from within the system call that changes it, and this
// program has a real-time priority: on the node's one processor it runs before that call returns.
// So it catches states that last for some microseconds, every time.  To be run in the tmpfs.
int catch_mount(const std::string& place, const std::string& source, const std::string& name,
                const char* report_path) {
  const sched_param priority{.sched_priority = 50};
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) fail("a real-time priority");
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) fail("mlockall");
  const int mountinfo = open("/proc/1/mountinfo", O_RDONLY | O_CLOEXEC);
  const int out = open(report_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (mountinfo < 0 || out < 0) fail(report_path);
  write_all(out, "waiting\n");
  for (;;) {
    const std::string now = source_at(mountinfo, place);
    if (source == "-" ? now == "-" : now.starts_with(source)) {
      const std::string killed = kill_all(name);
      write_all(out, "caught " + now + killed + "\n");
      return killed.empty() ? 1 : 0;
    }
    pollfd change{mountinfo, POLLPRI, 0};
    if (poll(&change, 1, -1) < 0 && errno != EINTR) fail("poll");
  }
}

[[noreturn]] void hold(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char byte = 0;
  if (fd < 0 || read(fd, &byte, 1) < 0) fail(path.c_str());
  if (chdir(path.substr(0, path.rfind('/')).c_str()) != 0) fail("chdir");
  for (;;) pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "serve" && argc == 4) {
    return serve(static_cast<uint16_t>(std::atoi(argv[2])), std::atoi(argv[3]));
  }
  if (verb == "mount" && argc == 5) return mount_nfs(argv[2], argv[3], argv[4]);
  if (verb == "tick" && argc == 5) tick(argv[2], argv[3], milliseconds(std::atoi(argv[4])));
  if (verb == "write" && argc == 4) keep_writing(argv[2], argv[3]);
  if (verb == "hold" && argc == 3) hold(argv[2]);
  if (verb == "catch" && argc == 6) return catch_mount(argv[2], argv[3], argv[4], argv[5]);
  std::fputs("usage: hand serve|mount|tick|write|hold|catch ...; hand.cc says more\n", stderr);
  return 2;
}
